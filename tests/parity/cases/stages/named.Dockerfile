ARG BASE=busybox
ARG TAG=latest
FROM ${BASE}:${TAG} AS First
ARG TAG
RUN mkdir -p /out/sub && echo "first ${TAG:-unset}" > /out/first && echo x > /out/sub/x && chown -R 5:6 /out/sub

FROM first as second
ENV FROM_FIRST=yes
RUN echo second >> /out/first

FROM scratch AS tiny
COPY --from=second /out /tiny
LABEL tiny=1

FROM busybox
COPY --from=0 /out/first /a
COPY --from=second /out/first /b
COPY --from=FIRST /out /c/
COPY --from=tiny / /d
COPY --from=busybox /etc/passwd /e
CMD ["cat", "/a"]
