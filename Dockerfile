# Melvin with everything he needs: weights, Piper's voice, an embedded PostgreSQL. Build: docker build -t melvin .
# For the CPU build of PyTorch, give its index: --build-arg PIP_EXTRA_INDEX_URL=... (see README).

FROM python:3.11-slim AS build
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/melvin
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY prompts/ prompts/
COPY scoring/ scoring/
COPY interviewer/ interviewer/
RUN /opt/melvin/bin/pip install -c constraints.txt '.[piper]'

FROM python:3.11-slim
# tini is process 1: it passes signals on, and reaps the children that PostgreSQL leaves behind.
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home --shell /usr/sbin/nologin melvin \
    && install -d -o melvin -g melvin -m 0700 /data
COPY --from=build /opt/melvin /opt/melvin
ENV PATH=/opt/melvin/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    MELVIN_DATA_FOLDER=/data \
    MELVIN_HOST=0.0.0.0 \
    MELVIN_PORT=8000
USER melvin
WORKDIR /home/melvin
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=120s --retries=4 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"MELVIN_PORT\"]}/readyz', timeout=4)"]
ENTRYPOINT ["/usr/bin/tini", "--", "interviewer"]
CMD ["serve"]
