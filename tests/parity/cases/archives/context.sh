mkdir -p t/dir/sub
echo file > t/file; echo sub > t/dir/sub/file; ln -s dir/sub t/link; ln t/file t/hard; chmod 4750 t/file; chmod 2770 t/dir; mkfifo t/fifo
chown -h 11:12 t/link; chown 13:14 t/dir/sub/file t/dir
tar -C t -cf a.tar . ; gzip -k a.tar; xz -k a.tar; bzip2 -k a.tar
echo zipped > z; python3 -c 'import zipfile; f=zipfile.ZipFile("a.zip","w"); f.write("z"); f.close()'
echo just > just; gzip just; echo "no tar" > notatar.tar
rm -rf t z
