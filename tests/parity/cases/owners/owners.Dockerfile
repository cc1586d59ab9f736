FROM busybox
COPY --chown=www-data a /name/
COPY --chown=www-data:mail a /namegroup/
COPY --chown=1234 a /number/
COPY --chown=1234:mail a /mixed/
COPY --chown=mail:4321 a /mixed2/
COPY --chown=0:0 tree /tree0
COPY --chown=11:12 tree /tree1/
ADD --chown=21:22 tree /new/deep/tree2
ARG OWNER=31:32
COPY --chown=${OWNER} a /arg
RUN echo 'extra:x:2000:3000:Extra:/:/bin/sh' >> /etc/passwd && echo 'more:x:4000:' >> /etc/group
COPY --chown=extra a /extra
COPY --chown=extra:more a /extramore
COPY --chown=:more a /onlygroup
USER extra
COPY a /as-user
WORKDIR /work/dir
RUN touch mine 2>/dev/null || echo no > /tmp/no; id > /tmp/id
USER 77:78
WORKDIR /work77/dir
RUN touch mine 2>/dev/null || echo no > /tmp/no77; id > /tmp/id77
USER www-data:mail
RUN id > /tmp/idwww; echo $HOME > /tmp/home
