FROM registry.fedoraproject.org/fedora:40
ENV container=oci
RUN dnf -y install systemd httpd && dnf clean all && systemctl enable httpd \
 && (cd /lib/systemd/system/sysinit.target.wants/; for i in *; do [ $i == systemd-tmpfiles-setup.service ] || rm -f $i; done)
STOPSIGNAL SIGRTMIN+3
VOLUME ["/sys/fs/cgroup"]
CMD ["/usr/sbin/init"]
