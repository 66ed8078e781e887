-- Hand out what there is room for.
return take()
