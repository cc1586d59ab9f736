FROM parity-base AS child
RUN echo child > /tmp/child
FROM child
RUN echo grandchild > /tmp/grandchild
ONBUILD LABEL from=grandchild
ONBUILD run echo lower-case
