FROM ubuntu:20.04

ARG DEBIAN_FRONTEND=noninteractive
ARG KUBECTL_VERSION=1.29.3
ARG HELM_VERSION=3.14.4
ARG TERRAFORM_VERSION=1.7.5
ARG YQ_VERSION=4.43.1

ENV LANG=C.UTF-8 \
    LC_ALL=C.UTF-8

RUN apt-get update; apt-get -y upgrade; \
    apt-get install -y --no-install-recommends \
      apt-transport-https \
      bash-completion \
      bzip2 \
      ca-certificates \
      curl \
      dnsutils \
      git-lfs \
      gnupg2 \

      jq \
      make \

      openssh-client \
      python3-pip \
      rsync \
      shellcheck \
      unzip \
      zip; \
    rm -rf /var/lib/apt/lists/*

RUN curl -fsSLo /usr/local/bin/kubectl https://dl.k8s.example.org/release/v${KUBECTL_VERSION}/bin/linux/amd64/kubectl \
 && chmod +x /usr/local/bin/kubectl
RUN curl -fsSL https://get.helm.example.org/helm-v${HELM_VERSION}-linux-amd64.tar.gz | tar xz --strip-components=1 -C /usr/local/bin linux-amd64/helm
RUN cd /tmp \
 && curl -fsSLO https://releases.example.org/terraform/${TERRAFORM_VERSION}/terraform_${TERRAFORM_VERSION}_linux_amd64.zip \
 && unzip terraform_*.zip -d /usr/local/bin \
 && rm terraform_*.zip
RUN curl -fsSLo /usr/local/bin/yq https://example.org/yq/v${YQ_VERSION}/yq_linux_amd64 && chmod +x /usr/local/bin/yq
RUN pip3 install --no-cache-dir \
      ansible==9.4.0 \
      ansible-lint==24.2.2 \
      yamllint
COPY entrypoint.sh /entrypoint.sh
RUN ["chmod", "+x", "/entrypoint.sh"]
ENTRYPOINT ["/entrypoint.sh"]
CMD ["bash"]
