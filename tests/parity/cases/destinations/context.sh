mkdir -p dir/sub dir2 emptydir; echo f > f; echo g > g; echo 1 > dir/x1; echo 2 > dir/x2; echo s > dir/sub/s; echo y > dir2/xy; echo 'sp' > 'with space'
echo other > dir2/x1; chmod 750 dir; chmod 700 dir/sub; chmod 600 f; chmod 755 g
