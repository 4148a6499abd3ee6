#= without a shell
#! 3 ShellInScratch: a command needs a shell, and the image has none
FROM scratch
COPY server /server
CMD /server --port 80
#= arrays, or a shell that is brought along
FROM scratch
COPY server /server
CMD ["/server"]
FROM scratch
ADD rootfs.tar.gz /
CMD a
FROM scratch
COPY --from=busybox / /
CMD a
