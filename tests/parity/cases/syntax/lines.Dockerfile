# escape = \
FROM busybox
RUN echo start && \

    echo blank-lines-between && \
    # comment
      # indented comment
    echo "# not a comment" > /out && \
    echo 'a\
b' > /joined && echo end \
  > /end
RUN echo "back\\slash" > /bs; echo "trailing \\" >> /bs
ENV a="x \
  y" b='p \
  q'
LABEL description="This text \
spans \
lines" \
  other=1
RUN echo $a > /a # shell comment
CMD echo "cmd # not comment"
