import os
import socket

import redis
from flask import Flask, render_template_string

app = Flask(__name__)
store = redis.Redis(host=os.environ.get("REDIS_HOST", "127.0.0.1"), decode_responses=True)
me = socket.gethostname()

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Visit {{ total }}</title>
<style>
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
  body { margin: 3rem auto; max-width: 34rem; padding: 0 1rem; }
  td { padding: .2rem .8rem .2rem 0; font-variant-numeric: tabular-nums; }
  td.bar { width: 100%; }
  td.bar div { background: #4a90d9; border-radius: .2rem; height: .8rem; }
  tr.me { font-weight: 600; }
  tr.me div { background: #2e9e5b; }
</style>
<h1>Visit {{ total }}</h1>
<p>Hello Container World! This page comes from <strong id="replica">{{ me }}</strong>, one of {{ counts | length }}.</p>
<table>
{% for name, count in counts %}<tr{% if name == me %} class="me"{% endif %}>
  <td>{{ name }}</td><td>{{ count }}</td>
  <td class="bar"><div style="width: {{ 100 * count // most }}%"></div></td></tr>
{% endfor %}</table>
</html>
"""


@app.route("/")
def index():
    total = store.incr("visits")
    store.hincrby("visits of", me, 1)
    counts = sorted((name, int(count)) for name, count in store.hgetall("visits of").items())
    return render_template_string(PAGE, total=total, me=me, counts=counts, most=max(c for _, c in counts))


@app.route("/health")
def health():
    store.ping()
    return "ok\n"
