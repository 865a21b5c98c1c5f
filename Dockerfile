# The image runs TypeScript as it is: there is nothing to build, only packages to install.
FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Of the optional packages, Node for machines without one is not wanted: the base image brings it.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && rm -rf node_modules/node-linux-* node_modules/.bin/node

FROM node:24-slim
LABEL org.opencontainers.image.title="paymux" \
      org.opencontainers.image.description="Self-hosted payment middleware" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production \
    PAYMUX_HOST=0.0.0.0 \
    PAYMUX_DATA_DIR=/data \
    NODE_COMPILE_CACHE=/data/.compile-cache
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY . .
# /data is the only place that is written to, so the rest may be mounted read-only.
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PAYMUX_PORT ?? process.env.PORT ?? 8080}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Node is started directly: npm would not pass SIGTERM on. Run with --init for a process 1 that reaps.
CMD ["node", "--max-semi-space-size=8", "--max-old-space-size=512", "core/main.ts"]
