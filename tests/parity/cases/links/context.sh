mkdir -p ctx/dir/sub; echo hard > ctx/hard1; ln ctx/hard1 ctx/hard2; ln -s hard1 ctx/link; ln -s dir ctx/dirlink; echo d > ctx/dir/sub/d
ln -s missing ctx/dir/broken; ln -s /etc/passwd ctx/dir/abs; ln -s ../../.. ctx/dir/up; echo exec > ctx/exec; chmod 4755 ctx/exec; chmod 2755 ctx/dir
mkfifo ctx/dir/fifo
python3 - <<'P'
import os
os.setxattr("ctx/exec", "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))
os.setxattr("ctx/dir", "user.note", b"hello")
P
