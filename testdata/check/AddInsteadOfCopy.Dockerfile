#= a file of the context
#! 2 AddInsteadOfCopy: files of the build context are added, not copied
FROM scratch
ADD a b /
#= a heredoc
#! 2-4 AddInsteadOfCopy: files of the build context are added, not copied
FROM scratch
ADD <<EOF /a
x
EOF
#= what ADD is for
FROM scratch
ADD a.tar.gz /
ADD https://example.com/x /
ADD https://example.com/x.git /src
ADD $URL /
ADD --checksum=sha256:0000000000000000000000000000000000000000000000000000000000000000 https://example.com/x /
#= a copy
FROM scratch
COPY a /
