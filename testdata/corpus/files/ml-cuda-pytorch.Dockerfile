ARG CUDA=12.4.1
FROM nvidia/cuda:${CUDA}-cudnn-devel-ubuntu22.04 AS base
ARG CUDA
ARG TORCH_CUDA_ARCH_LIST="7.0 7.5 8.0 8.6 8.9 9.0+PTX"
ENV TORCH_CUDA_ARCH_LIST=${TORCH_CUDA_ARCH_LIST}
ENV DEBIAN_FRONTEND=noninteractive
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    rm -f /etc/apt/apt.conf.d/docker-clean && \
    apt-get update && apt-get install -y python3-pip python3-dev git ccache
ENV CCACHE_DIR=/root/.cache/ccache LD_LIBRARY_PATH=/usr/local/cuda/lib64:${LD_LIBRARY_PATH}
WORKDIR /workspace
COPY requirements-cuda.txt .
RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements-cuda.txt --extra-index-url https://wheels.example.org/whl/cu$(echo $CUDA | cut -d. -f1,2 | tr -d .)

FROM base AS kernels
COPY csrc csrc
COPY setup.py .
ARG max_jobs=2
ENV MAX_JOBS=${max_jobs}
RUN --mount=type=cache,target=/root/.cache/ccache \
    --mount=type=bind,source=.git,target=.git \
    python3 setup.py bdist_wheel --dist-dir=dist

FROM nvidia/cuda:${CUDA}-runtime-ubuntu22.04 AS serve
COPY --from=kernels /workspace/dist/*.whl /tmp/
RUN pip install /tmp/*.whl
RUN --mount=type=secret,id=hf_token,env=HF_TOKEN model-download llama-tiny
ENTRYPOINT ["python3", "-m", "serve.openai"]
