FROM busybox
COPY --chmod=755 a /a
COPY --chmod=0600 tree /tree
COPY --chmod=4711 a /suid
ADD --chmod=644 --chown=5 tree /tree2
