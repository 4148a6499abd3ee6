FROM gentoo/stage3:latest
RUN emerge-webrsync && \
    echo 'USE="-X -gtk -qt5 static-libs"' >> /etc/portage/make.conf && \
    echo 'MAKEOPTS="-j4 -l4"' >> /etc/portage/make.conf && \
    echo 'FEATURES="-sandbox -usersandbox -ipc-sandbox -network-sandbox -pid-sandbox"' >> /etc/portage/make.conf && \
    emerge --quiet --oneshot sys-apps/portage && \
    emerge --quiet app-editors/vim dev-vcs/git sys-process/htop && \
    eselect locale set C.UTF-8 && \
    env-update && . /etc/profile && \
    rm -rf /var/db/repos/gentoo /var/cache/distfiles/* && \
    find / -xdev -name '*.la' -delete
