FROM python:3-alpine
RUN pip install --no-cache-dir flask==3.0.3
COPY <<'EOF' /srv/app.py
from flask import Flask

app = Flask(__name__)

@app.route("/")
def hello():
    price = "$5"
    return f"lunch is {price}"
EOF
WORKDIR /srv
ENV FLASK_APP=app.py FLASK_RUN_HOST=0.0.0.0
CMD ["flask", "run"]
