echo a > a; chmod 600 a; mkdir -p tree/sub/deep; echo x > tree/x; echo y > tree/sub/y; chmod 711 tree/sub; chmod 4755 tree/x; ln -s x tree/link
chown 500:600 a tree/x tree/sub
