#include "app/page.hpp"

#include <string_view>

namespace volley::app {

std::string make_page() {
    // One constant text, no script, nothing loaded from elsewhere: it must work without a network.
    constexpr std::string_view page = R"html(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Volley</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem; }
  code, pre { font-family: ui-monospace, monospace; font-size: .92em; }
  pre { padding: .8rem 1rem; border-left: 3px solid #3a7; background: #8881; overflow-x: auto; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid #8884; }
</style>
<h1>Volley</h1>
<p>This server exists to be asked one question: <b>is an endpoint really asynchronous?</b> Its <code>/offer</code> takes a second to
answer and works on nothing meanwhile. A server that is asynchronous answers fifty of these in about a second; one with four
workers needs thirteen rounds; a serial one needs fifty.</p>
<pre>volley post localhost:8000/offer
volley post localhost:8000/offer sleep:=0.2
volley get 'localhost:8000/offer?s=0.2'</pre>
<table>
<tr><th>path<th>what it does
<tr><td><a href="/offer?s=1"><code>/offer</code></a><td>GET or POST. Sleeps <code>?s=</code> seconds, or <code>{"sleep": 1}</code> in JSON
  (0 to 60, else 1), then says how long it slept and when it started and ended.
<tr><td><a href="/ping"><code>/ping</code></a><td>Answers <code>pong</code> at once: the quickest that this server can be.
<tr><td><a href="/echo?hello=world"><code>/echo</code></a><td>Any method. Sends the request back as JSON.
<tr><td><a href="/status/418"><code>/status/{code}</code></a><td>Any method. Answers with that status, 200 to 599.
<tr><td><a href="/inflight"><code>/inflight</code></a><td>How many requests run and wait now, and how many ever ran together.
<tr><td><a href="/ticks?n=5&amp;every=500ms"><code>/ticks</code></a><td>Server-sent events: <code>?n=</code> of them, one <code>?every=</code>
  so often.
<tr><td><a href="/bytes/1024"><code>/bytes/{n}</code></a><td>That many bytes.
<tr><td><a href="/fanout?n=5&amp;s=0.2"><code>/fanout</code></a><td>Asks this same server <code>?n=</code> times (1 to 100) for
  <code>/offer?s=</code>, all at once, and says how that went.
<tr><td><a href="/query?ms=50"><code>/query</code></a><td>An SQL query that takes <code>?ms=</code>, on one of five connections: a sixth
  caller waits for one, which holds up nobody else.
<tr><td><a href="/file?bytes=1048576"><code>/file</code></a><td>Reads <code>?bytes=</code> from the disk and answers their SHA-256.
</table>
<p>An unknown path answers 404 and lists the paths that there are; a method that a path does not have answers 405 with
<code>Allow</code>; <code>OPTIONS</code> tells the methods; <code>HEAD</code> works wherever <code>GET</code> does.</p>
</html>
)html";
    return std::string(page);
}

}  // namespace volley::app
