FROM busybox
HEALTHCHECK CMD check it || exit 1
