mkdir -p a/b/c docs/deep node_modules/x/y empty/inner logs keep/only/this tmp1
for f in a/one.tmp a/b/two.tmp a/b/c/three.txt a/b/c/three.tmp docs/r.md docs/keep.md docs/deep/r.md docs/deep/x.txt top.md README.md \
  node_modules/x/y/z node_modules/x/keep logs/a.log logs/important.log keep/only/this/one keep/only/this/two keep/other tmp1/f \
  'with space' .hidden a/.hidden file1 file2 fileA; do echo "$f" > "$f"; done
printf '%s\n' '# a comment' '**/*.tmp' '!a/b/two.tmp' 'docs/**' '!docs/keep.md' '*.md' '!README.md' 'node_modules' \
  '!node_modules/x/keep' '  logs/*.log  ' '!logs/important.log' 'keep' '!keep/only/this/one' '/tmp1/' 'with space' \
  '.hidden' 'file[0-9]' '' '.' '!' > .dockerignore
sed -i '$d' .dockerignore
