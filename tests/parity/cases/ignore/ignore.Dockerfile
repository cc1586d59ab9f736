FROM busybox
COPY . /all
COPY docs /docs
COPY *.md /md/
