# Two stages: the environment is built once, the image that runs has neither compiler nor package lists.
FROM python:3.11-slim-bookworm AS build
WORKDIR /srv/accueil30
COPY requirements.lock ./
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md ./
COPY app app
COPY routing routing
COPY data data
COPY migrations migrations
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
# PostgreSQL runs in its own container (compose.yaml); the embedded cluster is for machines without Docker.
RUN useradd --system --uid 10030 --create-home accueil30 \
 && install -d -o accueil30 -g accueil30 /var/lib/accueil30
COPY --from=build /opt/venv /opt/venv
WORKDIR /srv/accueil30
ENV PATH=/opt/venv/bin:$PATH \
    ACCUEIL30_STORE=/var/lib/accueil30 \
    ACCUEIL30_HOST=0.0.0.0 \
    NUMBA_CACHE_DIR=/var/lib/accueil30/numba \
    PYTHONDONTWRITEBYTECODE=1
USER 10030
VOLUME /var/lib/accueil30
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["accueil30", "serve"]
