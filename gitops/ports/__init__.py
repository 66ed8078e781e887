"""Protocols only: what the steps need from the outside, a class per need."""
