FROM busybox
ARG WHO=arg
ENV NAME=env
RUN <<EOF
echo "one $NAME" > /one
echo two \
  lines >> /one
EOF
RUN <<-'EOF' cat > /tabs
	no $NAME here
		kept
	EOF
RUN cat <<A > /two; cat <<B >> /two
from a $NAME
A
from b
B
COPY <<one.txt <<'two.txt' /files/
expanded $NAME ${WHO:-none} \$NAME
one.txt
raw $NAME \$NAME
two.txt
COPY <<-EOF /single
	a "quoted" 'text'
	EOF
COPY --chown=7:8 --chmod=640 <<EOF data.txt /mixed/
mixed
EOF
RUN <<EOF
#!/bin/cat
the script itself
EOF
