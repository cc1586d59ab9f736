FROM busybox AS tools
RUN echo tool > /tool
FROM busybox
RUN --mount=type=cache,target=/cache echo cached > /cache/file && ls /cache > /seen
RUN --mount=type=cache,target=/cache cat /cache/file > /again
RUN --mount=type=bind,target=/ctx,source=. cp /ctx/f /copied
RUN --mount=type=bind,from=tools,target=/t cp /t/tool /tool
RUN --mount=type=tmpfs,target=/scratch echo x > /scratch/x
