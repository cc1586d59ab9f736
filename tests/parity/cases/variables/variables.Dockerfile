ARG GLOBAL=global
FROM busybox
ARG GLOBAL
ARG GIVEN=default
ARG EMPTY=
ARG UNSET
ARG A=1 
ARG QUOTED="quoted value"
ARG REF=${A}-$GIVEN
ENV one=1 two="2 2" three=3\ 3 four='4 $one' five="$one"
ENV old style  value with   blanks
ENV oldq "quoted old"
ENV a=$one b=${two} c=${none:-def} d=${one:+alt} e=${none:+alt} f="${EMPTY:-was empty}" g=x$one.y h=${one}y
ENV esc=\$one escq="\$one" single='$one' back=a\\b
ENV ref=$REF given=$GIVEN global=$GLOBAL unset=$UNSET
ENV abc=hello
ENV abc=bye def=$abc
ENV ghi=$abc
ENV nested=${none:-${one}x} path=$PATH:/more
ENV multi=1 \
    line=2 \
    # a comment between
    last=3
LABEL l1=$one "l 2"="v $two" l3='raw $one' multi="a\
b"
LABEL old label style
USER ${A}
WORKDIR /w/$one
EXPOSE ${A}000 $one/udp
VOLUME /v$one /v2
STOPSIGNAL ${SIG:-SIGTERM}
USER root
COPY ${FILE:-f}${one} /copied$one
RUN echo "$A $GIVEN $EMPTY $UNSET $GLOBAL $QUOTED $REF" > /args; env | grep -v -e HOSTNAME -e SHLVL | sort > /env
CMD echo $one
