FROM python:3.11 AS wheelhouse
ENV PYTHONUNBUFFERED 1
COPY requirements.txt constraints.txt /
RUN pip wheel --wheel-dir=/wheelhouse -r /requirements.txt -c /constraints.txt
FROM python:3.11-slim
RUN --mount=from=wheelhouse,source=/wheelhouse,target=/wheelhouse \
    --mount=source=requirements.txt,target=/requirements.txt \
    pip install --no-index --find-links=/wheelhouse -r /requirements.txt
WORKDIR /code
COPY . .
RUN DJANGO_SECRET=none python manage.py collectstatic --noinput
CMD ["gunicorn", "-b", ":8000", "shop.wsgi"]
