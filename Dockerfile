# One image for every process of citydeck; it serves the web unless told another command, such as `python -m streams ingest`.
FROM python:3.11-slim AS build
WORKDIR /build
COPY pyproject.toml README.md ./
RUN python -m venv /opt/citydeck && /opt/citydeck/bin/pip install --no-cache-dir .

FROM python:3.11-slim
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin citydeck && install -d -o 10001 /data
COPY --from=build /opt/citydeck /opt/citydeck
WORKDIR /app
COPY . .
ENV PATH=/opt/citydeck/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 CITYDECK_SITE=/site
USER 10001
EXPOSE 8050
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8050/healthz', timeout=4)"]
# Every address of the container, since nobody reaches it but through the port that compose.yaml publishes on loopback.
CMD ["python", "-m", "gunicorn", "app:server", "--bind", "0.0.0.0:8050"]
