"""Prints the measures of docs/map.md as one table; `make shape`."""

from __future__ import annotations

import house


def main() -> None:
    """The figures, without judging them: the tests beside this file do."""
    functions, lengths = house.function_lengths(), house.module_lengths()
    lines = sum(lengths.values())
    tests = sum(module.lines for module in house.modules("tests"))
    print(f"{'modules':<12} {len(lengths):>6}  {house.Spread.of(list(lengths.values()))}")
    print(f"{'functions':<12} {len(functions):>6}  {house.Spread.of(list(functions.values()))}")
    print(f"{'lines':<12} {lines:>6}  and {tests} of tests")
    print(f"{'Any':<12} {sum(house.any_uses().values()):>6}  in {len(house.any_uses())} modules")
    for title, sizes in (("longest modules", lengths), ("longest functions", functions)):
        print(title)
        for name, size in sorted(sizes.items(), key=lambda pair: -pair[1])[:5]:
            print(f"  {size:>4}  {name}")


if __name__ == "__main__":
    main()
