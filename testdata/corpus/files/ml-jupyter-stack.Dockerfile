ARG HUB=quay.io/example
ARG LAB=${HUB}/lab:2024-09
FROM $LAB
SHELL ["/bin/bash", "-eo", "pipefail", "-c"]
USER root
RUN apt-get update && apt-get install -y --no-install-recommends \
    # plots
    fonts-dejavu graphviz \
    # films
    ffmpeg \
    && rm -rf /var/lib/apt/lists/*
USER ${LAB_USER:-1000}
RUN mamba install -y 'polars>=1.0' 'altair' && mamba clean -a -y
ENV MPLCONFIGDIR="/home/${LAB_USER}/.mpl"
WORKDIR "${HOME}"
