FROM busybox AS tools
RUN mkdir -p /in/deep && echo tool > /tool && echo deep > /in/deep/f
FROM busybox
RUN --mount=type=cache,target=/cache echo cached > /cache/file && ls /cache > /seen
RUN --mount=type=cache,target=/cache cat /cache/file > /again
RUN --mount=type=cache,target=/owned,uid=5,gid=6,mode=0700 stat -c '%u %g %a' /owned > /owner
RUN --mount=type=cache,id=filled,target=/filled,from=tools,source=/in cp /filled/deep/f /filled-f
RUN --mount=type=bind,target=/ctx,source=. cp /ctx/f /copied
RUN --mount=type=bind,target=/etc/one-file,source=f cat /etc/one-file > /one-file
RUN --mount=type=bind,target=/written,rw echo lost > /written/f && cat /written/f > /written-f
RUN --mount=type=bind,from=tools,target=/t cp /t/tool /tool
RUN --mount=type=bind,from=tools,source=/in/deep,target=/usr/new/deep cp /usr/new/deep/f /deep
RUN --mount=type=tmpfs,target=/scratch echo x > /scratch/x
RUN --mount=type=tmpfs,target=/tmp echo x > /tmp/hidden && mkdir -p /made/by && echo run > /made/by/run
