FROM python:3.11-slim AS interpreter
ENV PYTHONUNBUFFERED=1 \
    POETRY_VIRTUALENVS_IN_PROJECT=1 \
    VENV="/bakery/.venv"
ENV PATH="$VENV/bin:$PATH"
WORKDIR /bakery

FROM interpreter AS locked
RUN pip install poetry==1.8.*
COPY pyproject.toml poetry.lock ./
RUN poetry install --only=main --no-root

FROM locked AS dev
RUN poetry install --with=dev
COPY . .
CMD ["python", "-m", "bakery", "--reload"]

FROM interpreter AS prod
COPY --from=locked $VENV $VENV
COPY bakery bakery
CMD ["python", "-m", "bakery"]
