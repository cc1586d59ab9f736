FROM scratch
COPY stages.txt /
ADD stages.txt /deep/er/
COPY stages.txt /deep/copy
WORKDIR /made
ENV A=b
