FROM debian:12-slim
ADD https://example.org/a.tar.gz /a/
ADD --checksum=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 https://example.org/b.bin /b
ADD --chmod=755 --chown=1:1 https://example.org/tool /usr/local/bin/tool
ADD --keep-git-dir=true https://github.com/moby/example.git#v0.1 /git
ADD git@github.com:moby/example.git#main:sub /ssh
ADD --unpack=false local.tar /t/
ADD --unpack https://example.org/c.tar.gz /c/
ADD --link f1 f2 /d/
ADD https://github.com/moby/example.git?ref=main&subdir=docs /q
