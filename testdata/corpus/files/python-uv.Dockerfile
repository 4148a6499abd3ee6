# syntax=docker/dockerfile:1
FROM python:3.13-slim AS venv
COPY --from=ghcr.io/astral-sh/uv:0.5 /uv /usr/local/bin/uv
ENV UV_PROJECT_ENVIRONMENT=/venv UV_LINK_MODE=copy
WORKDIR /tides
RUN --mount=type=bind,src=pyproject.toml,target=pyproject.toml \
    --mount=type=bind,src=uv.lock,target=uv.lock \
    --mount=type=cache,target=/root/.cache/uv \
  uv sync --locked --no-install-project
COPY src src
COPY README.md pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/root/.cache/uv uv sync --locked --no-editable
FROM python:3.13-slim
COPY --from=venv /venv /venv
ENTRYPOINT ["/venv/bin/tides"]
