FROM ubuntu:22.04
ARG UID=1000
ARG GID=1000
ENV EDITOR vim
RUN yes | unminimize
RUN <<-EOF
	apt-get update
	apt-get install -y sudo zsh vim tmux git ripgrep fd-find
	groupadd -g ${GID} dev
	useradd -m -u ${UID} -g dev -s /usr/bin/zsh dev
	echo 'dev ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/dev
EOF
USER dev
COPY --chown=${UID}:${GID} .zshrc .vimrc .tmux.conf /home/dev/
WORKDIR /home/dev
CMD ["zsh", "-l"]
