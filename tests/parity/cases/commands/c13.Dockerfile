FROM busybox
CMD ["esc\\\\n", "q\\"x", "\u0041"]
