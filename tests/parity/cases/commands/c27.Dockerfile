FROM busybox
USER nobody:mail
