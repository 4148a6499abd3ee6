#
# A very old image, kept for the archive
#
FROM centos:6
MAINTAINER Jane Roe <jane@example.net>

RUN rpm -Uvh http://mirror.example.net/epel/6/i386/epel-release-6-8.noarch.rpm
RUN yum -y update
RUN yum -y install httpd php php-mysql php-gd; yum clean all

ADD ./start.sh /start.sh
ADD ./foreground.sh /etc/apache2/foreground.sh
ADD ./supervisord.conf /etc/supervisord.conf

RUN echo %sudo	ALL=NOPASSWD: ALL >> /etc/sudoers
RUN chmod 755 /start.sh
RUN chmod 755 /etc/apache2/foreground.sh
RUN mkdir /var/run/sshd

ENV HOME /root
ENV LC_ALL   en_US.UTF-8
EXPOSE 80
EXPOSE 22

CMD ["/bin/bash", "/start.sh"]
