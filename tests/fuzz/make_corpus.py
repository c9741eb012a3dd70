#!/usr/bin/python3
"""Writes the seeds of the fuzzers into corpus/, a directory a fuzzer. Run it after changing a seed."""

import pathlib
import shutil
import struct

CORPUS = pathlib.Path(__file__).with_name("corpus")
ID = "0123456789abcdef" * 4
POD = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"
CAUSES = 18
TRACEBACK = (b"Traceback (most recent call last):\n"
             b"  File \"/srv/shop/cart.py\", line 31, in total\n"
             b"    return prices[item]\n"
             b"           ~~~~~~^^^^^^\n"
             b"shop.errors.Missing: 'secret'\n")


def lines(*texts):
    """Each text is a seed."""
    return [text.encode() for text in texts]


def spent(**by_cause):
    """The counters of a ledger: spent(c0=200) is 200 ns on_cpu."""
    return struct.pack(f"<{CAUSES}Q", *(by_cause.get(f"c{cause}", 0) for cause in range(CAUSES)))


def request_record(head, response, *, flags=1, pipelined=0):
    """struct request_record, bpf/wire/request_record.h, as it crosses."""
    fixed = struct.pack("<4I10Q2I", 1, flags, 7, 8, 99, 3, 1000, 1600, 300, 100, 256, len(response), 4096, 8192, 4, 0)
    counts = struct.pack("<7I2H", 28, 1, 0, 0, pipelined, 0, 1 << 0 | 1 << 5, len(response), len(head))
    return fixed + counts + struct.pack("<2Q", 200, 400) + response + head


def diagnosis(kind, body):
    """A message of the kernel's socket diagnostics."""
    return struct.pack("<IHHII", 16 + len(body), kind, 2, 0, 0) + body


def diagnosed_inet(family, address):
    """struct inet_diag_msg, and its memory with what was dropped last."""
    socket = struct.pack(">HH16s16s", 8000, 0, address, b"") + bytes(12)
    fixed = struct.pack("<4B", family, 10, 0, 0) + socket + struct.pack("<5I", 0, 3, 128, 0, 4711)
    return diagnosis(20, fixed + struct.pack("<HH9I", 40, 7, *range(9)))


def diagnosed_unix(name):
    """struct unix_diag_msg, its name and the lengths of its queue."""
    filled = name + bytes(-len(name) % 4)
    return diagnosis(20, struct.pack("<4B3I", 1, 1, 10, 0, 4711, 0, 0) + struct.pack("<HH", 4 + len(name), 0) + filled
                     + struct.pack("<HH2I", 12, 4, 3, 128))


def mod_wsgi_request(query, uri):
    """What Apache sends to a process of mod_wsgi."""
    strings = b"".join(text + b"\0" for text in (b"GATEWAY_INTERFACE", b"CGI/1.1", b"REQUEST_METHOD", b"GET",
                                                 b"QUERY_STRING", query, b"REQUEST_URI", uri))
    return struct.pack("<2Q", len(strings) + 8, 8) + strings


def thread_record(head, *, flags=1):
    """struct thread_record, bpf/wire/thread_record.h."""
    fixed = struct.pack("<4I4Q", 7, 8, 5, flags, 10, 40, 3, 20)
    asked = struct.pack("<16Q", 0xffff888000000001, 40001, *[0] * 14)
    return fixed + spent(c17=30) + struct.pack("<2I", len(head), 1) + head.ljust(256, b"\0") + asked + struct.pack("<2Q", 1 << 47, 1 << 46)


def outgoing_record(kind, address, *, port=0, flags=1, transaction_ns=0, protocol=0):
    """struct outgoing_record, bpf/wire/outgoing_record.h."""
    fixed = struct.pack("<2I3QHH16s", 7, flags, 0xffff888000000001, 4711, transaction_ns, kind, port, address)
    return fixed + struct.pack("<8B2H", 5, 1, 0, 0, protocol, 0, 0, 0, 40001, 0)


def wait_record(kind, address, *, port=0, syscall=7, flags=0, question=b""):
    """struct wait_record, bpf/wire/wait_record.h."""
    fixed = struct.pack("<4I3QiHH16s", 2, 5, 7, 8, 3, 10, 30, syscall, kind, port, address)
    return fixed + struct.pack("<Q4I", 4711, flags, len(question), len(question), 0) + question


def postgresql(kind, body):
    """A message of PostgreSQL's frontend."""
    return kind + struct.pack(">I", len(body) + 4) + body


def mysql(command, body):
    """A command of MySQL's client protocol."""
    return struct.pack("<I", len(body) + 1)[:3] + b"\0" + bytes([command]) + body


def questions():
    """What clients ask of their peers; in front the number of bytes that were not captured."""
    hello = b"\3\3" + b"r" * 32 + b"\0\0\2cc\1\0\0\x10\0\0\0\x0c\0\x0a\0\0\7a.b.com"
    asked = [
        postgresql(b"Q", b"SELECT a FROM b WHERE c = 'x'\0"),
        postgresql(b"P", b"s1\0SELECT $1\0\0\0") + postgresql(b"B", b"\0s1\0") + postgresql(b"S", b""),
        postgresql(b"B", b"\0_pg3_0\0") + postgresql(b"E", b"\0\0\0\0\0"), b"\0\0\0\x08\x04\xd2\x16\x2f",
        struct.pack(">II", 14, 0x30000) + b"user\0\0", mysql(3, b'SELECT "x"'), mysql(3, b"\0\1SELECT 1"),
        mysql(0x19, b"\1\0\0\0") + mysql(0x17, b"\1\0\0\0"), b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
        b"*1\r\n$5\r\nMULTI\r\n*3\r\n$5\r\nDEBUG\r\n$5\r\nSLEEP\r\n$1\r\n1\r\n", b"gets a b\r\n",
        b"\x80\0\0\1\0\0\0\0\0\0\0\1" + b"\0" * 12 + b"k", b"POST /pay/17?a=b HTTP/1.1\r\n\r\n",
        b"\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\3com\0\0\x1c\0\1",
        struct.pack(">BHHB", 0x16, 0x301, len(hello) + 4, 1) + struct.pack(">I", len(hello))[1:] + hello]
    return [b"\0" + question for question in asked] + [b"\x20" + asked[0][:-6], b"\xff" + asked[-1][:20]]


def uwsgi_vars(**pairs):
    """The pairs of a uwsgi packet, without its header."""
    words = (word.encode() for pair in pairs.items() for word in pair)
    return b"".join(struct.pack("<H", len(word)) + word for word in words)


def python_stack_record(*frames):
    """struct python_stack_record, bpf/wire/python_stack_record.h; a frame is (code, instruction, check)."""
    return struct.pack("<4IQ2I", 4, 7, 8, len(frames) % 2, 10, len(frames), 0) + b"".join(struct.pack("<Q2I", *frame) for frame in frames)


def allocation_record(size, *frames):
    """struct allocation_record, bpf/wire/allocation_record.h."""
    return struct.pack("<4I5Q", 5, 7, 8, 0, 9, 10, 11, size, 16384) + python_stack_record(*frames)


def traceback_record(text):
    """struct traceback_record, bpf/wire/traceback_record.h."""
    return struct.pack("<4IQ2I", 7, 1, 7, 8, 9, len(text), 0) + text


def line_table(kind, table, *, instruction=4, first_line=10):
    """As python_line_table_fuzz.cpp reads it."""
    return struct.pack("<iHBx", first_line, instruction, kind) + table


def python_heap(minor, *changes):
    """As python_heap_fuzz.cpp reads it: (where, what), where in units of two bytes."""
    return struct.pack("<B", minor - 11) + b"".join(struct.pack("<HQ", *change) for change in changes)


def python_text(characters, width, ascii_bytes, ascii=True):
    """A compact str object whose text begins after `ascii_bytes`."""
    state = 1 | width << 2 | 0x20 | (0x40 if ascii else 0)
    head = struct.pack("<4QI", 1, 0, len(characters) // width, 0, state)
    return head.ljust(ascii_bytes, b"\0") + characters


def debug_offsets(version):
    """The beginning of _Py_DebugOffsets, every offset 8."""
    return struct.pack("<8s2Q", b"xdebugpy", version, 0) + struct.pack("<Q", 8) * 78


def process_record(event):
    """struct process_record, bpf/wire/process_record.h."""
    return struct.pack("<4IQiI", 3, event, 4711, 17, 1000, 9, 0)


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def message(**fields):
    """A protobuf message: message(f1=7, f8=b"GET") has field 1 and field 8; a list repeats a field."""
    out = b""
    for name, values in fields.items():
        number = int(name[1:])
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, int):
                out += varint(number << 3) + varint(value)
            else:
                out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def in_a_row(frames):
    """Several payloads, as recording_fuzz.cpp reads them."""
    return b"".join(bytes([len(frame)]) + frame for frame in frames)


def longest_recording():
    """Requests and waits that take as much time each as a recording may state."""
    worker = message(f1=7, f2=2, f3=1)
    frames = [message(f10=message(f1=message(f1=1, f2=1))),
              message(f8=message(f1=1, f2=message(f1=17, f2=1, f3=b"a", f4=b"sync", f5=1, f6=1, f13=worker)))]
    for sequence in range(1, 9):
        frames.append(message(f4=message(f1=7, f2=8, f3=sequence, f4=0, f5=1 << 61, f6=6, f7=b"db")))
        frames.append(message(f3=message(f1=7, f2=8, f3=sequence, f4=1, f5=0, f6=1 << 61, f7=message(f1=6, f2=1 << 55),
                                         f8=b"GET", f9=b"/a", f10=200, f15=sequence << 60)))
    return frames + [message(f10=message(f1=message(f1=1 << 61, f2=1 << 62)))]


def recording():
    """Payloads of proto/linger/recording/v1/recording.proto, and all of them in a row."""
    clock = message(f1=1000, f2=1_700_000_000_000_000_000)
    worker = message(f1=7, f2=225893, f3=1)
    server = message(f1=17, f2=1, f3=b"shop:app", f4=b"sync", f5=2, f6=1, f7=b"127.0.0.1:8000", f13=worker)
    times = [message(f1=1, f2=200), message(f1=6, f2=400)]
    request = message(f1=7, f2=8, f3=1, f4=1, f5=1000, f6=1600, f7=times, f8=b"GET", f9=b"/cart/17", f10=200,
                      f11=256, f12=512, f15=4096, f16=8192)
    frames = [
        message(f10=message(f1=clock)),
        message(f8=message(f1=1000, f2=server)),
        message(f4=message(f1=7, f2=8, f3=1, f4=1100, f5=1500, f6=6, f7=b"127.0.0.1:5432")),
        message(f3=request),
        message(f5=message(f1=3, f2=2000, f3=7, f4=17, f5=9)),
        message(f6=message(f1=2000, f2=7, f3=1 << 20, f4=1 << 19, f5=4096, f6=0, f7=1 << 21)),
        message(f7=message(f1=2000, f2=7, f3=8, f4=6, f5=1900, f6=1, f8=1800, f9=2, f10=b"GET", f11=b"/slow")),
        message(f9=message(f1=2000, f2=1, f3=2, f4=1000, f5=10, f6=1 << 20, f7=b"something was not seen")),
        message(f11=message(f1=2000, f2=7, f3=1000, f4=[
            message(f1=b"127.0.0.1:5432", f2=b"postgresql", f3=b"postgresql", f4=6, f6=3, f7=1, f8=1, f10=9, f11=6,
                    f12=1500, f14=1800), message(f1=b"unix:/run/db", f4=8)])),
        message(f12=message(f1=2000, f2=7, f3=b"/web", f4=20_000_000, f5=100_000_000, f6=50, f7=45, f8=3_000_000_000)),
        message(f15=message(f1=2000, f2=7, f3=900, f4=1900, f6=100, f7=1, f10=9, f11=1000, f12=b"ended",
                            f8=[message(f1=1, f2=1100, f3=8, f4=1, f5=3033, f6=16384, f7=b"shop.py:7"),
                                message(f1=2, f2=1200, f3=8, f4=1, f5=64, f6=16384)], f9=2)),
        message(f10=message(f1=message(f1=5000, f2=1_700_000_000_000_004_000))),
    ]
    return frames + [in_a_row(frames), in_a_row(longest_recording()), b"LNGR\1\0\0\0"]


GET = b"GET /cart/17?item=3 HTTP/1.1\r\nHost: shop\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
STAT = "4711 (gunicorn) S 17 4711 4711 0 -1 4194560 2154 0 0 0 35 8 0 0 20 0 9 0 225893 1 2\n"

PROLOGUES = ["4154555348 89fb", "4885ff0f84bf000000 55", "803d710e140000 7407", "f30f1efa 55", "4883ec18 55", "4889f855ebfa"]

SEEDS = {
    "allocation_record": [allocation_record(3033, (0x7f00, 4, 5)), allocation_record(1 << 40), allocation_record(0),
                          struct.pack("<2I2Q", 6, 7, 9, 11)],
    "uprobe_placement": [bytes.fromhex(prologue) for prologue in PROLOGUES],
    "address": lines("unix:///run/linger/linger.sock", "127.0.0.1:9000", "[::1]:9000", "localhost:80", "a.b:65535"),
    "cgroup": lines(
        "32 31 0:29 / /sys/fs/cgroup/cpu rw shared:7 - cgroup cgroup rw,cpu,cpuacct\n\x001:cpu,cpuacct:/web\n0::/\n",
        "41 31 0:38 /a /u\\040x rw - cgroup2 cgroup2 rw\n\x000::/a/b\n", "\x000::/../x\n"),
    "config": lines(
        '[agent]\nlisten = ["unix:///tmp/l.sock", "127.0.0.1:9465"]\nring_buffer_bytes = 65536\n'
        "wait_threshold_ms = 0.5\n",
        '[routes]\npatterns = ["/shop/{}/item/{}"]\n',
        '[peers]\nports = { 15432 = "database", 16379 = "cache", 080 = "dns", 80 = "dns" }\n',
        "[findings]\nblocking_min_mean_ms = 1e-9\nblocking_min_ratio = 0.5\nretained_min_total_bytes = 1_048_576\n",
        'agent.listen = [\'a\', """b\n""", "\\u00e9"] # all kinds\n[[x]]\ny = 1979-05-27T07:32:00Z\n'),
    "container": lines(
        f"0::/system.slice/docker-{ID}.scope\n", f"4:memory:/docker/{ID}\n3:cpu:/\n",
        f"0::/kubepods-burst.slice:cri-containerd:{ID}\n", f"0::/machine/libpod-{ID}.scope/container\n", "0::/\n",
        f"0::/kubepods.slice/kubepods-pod{POD.replace('-', '_')}.slice/crio-{ID}.scope\n",
        f"3:cpu:/kubepods/burstable/pod{POD}/{ID}/init.scope\n"),
    "cpu_limit": lines(
        "20000 100000\n", "max 100000\n", "-1\n", "nr_periods 5\nnr_throttled 4\nthrottled_time 7\n",
        "usage_usec 9\nnr_periods 5\nnr_throttled 4\nthrottled_usec 7\n", "cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1\n"),
    "postgresql_settings": [
        b"max_connections = 100 # all\ninclude_dir 'conf.d'\nreserved_connections '3'\n", b"max_connections=50",
        b"--superuser-reserved-connections=2", b"-N20", b"postgres: 15/main: alice shop 10.0.0.7(43210) idle"],
    "memory_limit": lines("536870912\n", "max\n", "9223372036854771712\n", "inactive_file 1\ntotal_inactive_file 8\n"),
    "pod": lines(
        f"shop_web-7d9c5b8f6d-x2x4z_{POD}\x001 2 8:1 /var/lib/kubelet/pods/{POD}/containers/app/9c2f /dev/termination-log\n",
        "kube-system_etcd-node1_0f1e2d3c4b5a69788796a5b4c3d2e1f0", "web-x2x4z", "web-0"),
    "duration": lines("250us", "500ms", "30s", "1.5m", "1h", "0.0000001s", "99999999999h", "9223372036854776us"),
    "escape": [*lines("/run/db", "été \u202e\u200b\U0001f600", "\x1b[31m\n"), b"\xff\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80"],
    "gunicorn_arguments": lines(
        "/usr/bin/python3\0-u\0/usr/bin/gunicorn\0-w\0" + "4\0-b=0.0.0.0:80\0--bind\0unix:/run/a\0shop:app\0",
        "python3\0-Im\0gunicorn\0--threads=8\0--worker-cl\0gthread\0--preload\0-DR\0--\0shop:app\0",
        "gunicorn\0--paste\0site.ini\0--proxy-protocol\0v1\0-c\0python:conf\0--chdir=/srv\0-t30\0",
        "gunicorn: worker [shop.app:app]"),
    "gunicorn_config_file": lines(
        'bind = ["0.0.0.0:80", "unix:/run/a"]\nworkers = 4\nworker_class = "gthread"; threads = 0x_8\n',
        "import os\nworkers = os.cpu_count() * 2 + 1\nif x:\n    timeout = 30\npreload_app = True\n",
        "from base import *\nmax_requests = 1_000\nwsgi_app = 'shop:app'\n",
        "def post_fork(server, worker):\n    workers = 3\nglobals()['workers'] = 1\ndel timeout\n"),
    "http_head": [
        GET, OK, b"\r\nPOST http://jane:secret@host/p?q#f HTTP/1.0\r\n\r\n", b"OPTIONS * HTTP/1.1\r\n\r\n",
        b"CONNECT host:443 HTTP/1.1\r\n\r\n", b"rest of a body" + GET, b"HTTP/1.1 304 Not Modified\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nX: y\r\ncontent-length:\t 12\r\n\r\n", b"GET /login?password=x",
        GET + GET, b"PUT /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc" + GET,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n"],
    "listening_sockets": lines(
        "   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4711 1 0000 100 0 0 10 0",
        "   1: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 4712 1",
        "0000000000000000: 00000002 00000000 00010000 0001 01 4713 /run/a b.sock",
        "0000000000000000: 00000003 00000000 00000000 0001 03 4714 @abstract"),
    "outgoing_record": [
        outgoing_record(1, b"\x7f\0\0\1", port=5432, transaction_ns=30, protocol=1),
        outgoing_record(3, b"ql/.s.PGSQL.5432", flags=3), outgoing_record(4, b"")],
    "process": lines(STAT, STAT.replace("gunicorn", "a) R 1 (b"), "PATH=/bin\0A=1\0rest of a title]\0A=2\0C_2=a=b\0"),
    "process_record": [process_record(event) for event in (1, 2, 3, 4)],
    "python_heap": [
        *(python_heap(minor) for minor in range(11, 15)),
        python_heap(11, (4096, 0), (8192, 1 << 63), (9000, 1 << 63 | 4096)),
        python_heap(13, (12000, 2**64 - 1), (12400, 1 << 63 | 24000), (13000, 0x7F0000000000))],
    "python_interpreter": [
        *lines("/usr/bin/python3.11\n00400000-00421000 r--p 00000000 fe:00 12   /usr/bin/python3.11\n",
               "/x\n7f00-7f10 r--p 00000000 fe:00 13 /opt/lib/libpython3.8.so.1.0 (deleted)\n8-9 r-xp 0 0 0 /lib/ld-musl-x\n",
               "1000-3000 rw-p 0 0 0\n3000-4000 ---p 0 0 0\n4000-5000 rw-s 0 0 0 /x\n",
               "Name:\tx\nState:\tS\nvoluntary_ctxt_switches:\t1\nnonvoluntary_ctxt_switches:\t2\n",
               "/srv/shop/cart.py", "/v/lib/python3.12/site-packages/shop/a.py", "/usr/lib64/python39.zip/a.py"),
        debug_offsets(0x030D00F0), debug_offsets(0x030E0AF0)],
    "python_line_table": [
        line_table(0, b"\0\1\4\1\xff\0\2\xfe"), line_table(1, b"\4\1\4\1\6\x80\2\xff"),
        line_table(2, b"\x80\x12\xd9\x04\x09\xe8\x05\xf0\x06\0\1\2\xfa\xe0\0\0"),
        line_table(2, b"\xe8\x48\x03", instruction=0)],
    "python_module": lines(
        "a = 1  # one\n\nb = '#'; c = [\n  1, # two\n 2 ]\nd = \\\n 3\n", "'''\nx = 1\n'''\ny: int = 'it\\'s'\r\n",
        "if a:\n    def h():\n        b = 1\n    c = 2\nelse: d += 1\n", "['a', \"b\", r'\\d', b'''c''', 0x1F, None,]",
        "a = b = c == d; (e), f[0] = 1, 2\nasync def g(): pass\n"),
    "python_stack_record": [
        python_stack_record(), python_stack_record((0x7F0000001000, 42, 31)),
        python_stack_record((0, 0, 0), (1 << 47, 1 << 20, 0xFFFFFFFF), (4096, 0, 1))],
    "python_text": [
        python_text(b"checkout", 1, 48), python_text(b"checkout", 1, 40), python_text(b"\xfc\xe9", 1, 72, ascii=False),
        python_text("\u20ac\u202e".encode("utf-16-le"), 2, 56, ascii=False),
        python_text("\U0001f600\ufeff".encode("utf-32-le"), 4, 56, ascii=False)],
    "question": questions(),
    "recording": recording(),
    "mod_wsgi_vars": [
        mod_wsgi_request(b"x=1", b"/cart/17?x=1"), mod_wsgi_request(b"", b"/"), mod_wsgi_request(b"", b"/a")[:70]],
    "request_record": [
        request_record(GET + GET, OK, pipelined=1),
        request_record(GET, OK), request_record(b"body" + GET, OK, flags=13), request_record(b"", b"", flags=2),
        request_record(b"HEAD / HTTP/1.1\r\n", b"HTTP/1.1 404 Not Found\r\n\r\n", flags=0)],
    "route": lines(
        "/user/4711/orders", "/o/123e4567-e89b-12d3-a456-426614174000/", "http://jane:secret@host/nap/17?q=1",
        "/cart;jsessionid=1/%31%37//{}/a\x01", "http://host?next=/secret", "/u/jane.doe%40example.org/2024-02-29T10:00:00Z", "*",
        "/" + "a/" * 20, "/token/aGVsbG8gd29ybGQxCg%3D%3D/eyJhbGciOi.eyJzdWIiOi.SflKxwRJSM",
        "/shop/{}/item/{}\n/report/2024\0/shop/berlin/item/blue-chair"),
    "shell_words": lines("-w 4 --bind '0.0.0.0:80'", "a\\ b \"c \\\" d\\e\" ''f''\n", "'", "\\"),
    "socket_diagnosis": [
        diagnosed_inet(2, b"\x7f\0\0\1"), diagnosed_inet(10, b"\0" * 15 + b"\1") + diagnosis(3, bytes(4)),
        diagnosed_unix(b"/run/a b.sock\0") + diagnosed_unix(b"\0abstract"), diagnosis(2, struct.pack("<i", -1)),
        diagnosis(2, struct.pack("<i", -(1 << 31)))],
    "sql_text": lines(
        "SELECT \"a 1\".b, `c` FROM t1 WHERE d = 'it''s' AND e IN (1, 2.5e-3, NULL) -- f\n", "SELECT E'a\\'b', $1, $q$ 'x' $q$",
        "INSERT INTO t VALUES (1, now()), (2, now()); /* a /* b */ c */ SELECT ARRAY[1, 2]", "SELECT 'a\\' \"b\" # c",
        "SELECT _utf8'a', X'1f', 0x1F, b'01', .5, -1, 1_000, a-1, /*!50000 b */ 'c", "UPDATE a SET b = $ta"),
    "thread_record": [thread_record(GET), thread_record(b"", flags=0), thread_record(GET[:12], flags=3)],
    "traceparent": lines("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                         "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-more",
                         "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "ff-4bf92f"),
    "traceback": [TRACEBACK, b"[7] [ERROR] Error handling request /a?b=c\n" + TRACEBACK + b"second line\n", TRACEBACK[50:],
                  b'{"exc_info": "' + TRACEBACK.replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'", "level": 1}',
                  TRACEBACK + b"\nDuring handling of the above exception, another exception occurred:\n\n" + TRACEBACK,
                  traceback_record(TRACEBACK), traceback_record(b"")],
    "long_options": lines("--port\x0080\0--port=81\0app:app\0--call\0--no-x", "python3\0-Im\0waitress\0--threads=4\0a:b",
                          "python3\0-c\0x\0--"),
    "uwsgi_options": lines(
        "[uwsgi]\nmaster = true\nprocesses = 4\nthreads=2 ; two\n# no\n[other]\nprocesses = 9\n",
        "-Mp4\0--module\0shop:app\0--ini\0a.ini:sec\0b.ini",
        "[uwsgi]\nif-env = A\nprocesses = %(x)\nendif =\nworkers = $(N)\nmount = /a=b.py\n",
        "UWSGI_PROCESSES=4\0UWSGI_LAZY_APPS=1\0"),
    "uwsgi_vars": [
        uwsgi_vars(REQUEST_METHOD="POST", CONTENT_TYPE="text/plain", CONTENT_LENGTH="5", REQUEST_URI="/cart/7?token=x",
                   PATH_INFO="/cart/7"),
        uwsgi_vars(REQUEST_METHOD="POST", CONTENT_TYPE="text/plain", CONTENT_LENGTH="5")[:-5],
        uwsgi_vars(QUERY_STRING="a=b", REQUEST_METHOD="GET", REQUEST_URI="http://u:p@h/a#b"),
        uwsgi_vars(REQUEST_METHOD="GET", REQUEST_URI="", PATH_INFO="/a b?c\u00e9"), b"\xff" * 40],
    "wait_record": [
        wait_record(1, b"\x7f\0\0\1", port=5432), wait_record(2, b"\0" * 15 + b"\1", port=6379),
        wait_record(3, b"/run/db"), wait_record(3, b"ql/.s.PGSQL.5432"), wait_record(0, b"", syscall=-1),
        wait_record(6, b"", syscall=202),
        wait_record(1, b"\x7f\0\0\1", port=5432, flags=3, question=postgresql(b"Q", b"SELECT 1\0"))],
}


def main():
    shutil.rmtree(CORPUS, ignore_errors=True)
    for fuzzer, seeds in SEEDS.items():
        (CORPUS / fuzzer).mkdir(parents=True)
        for number, seed in enumerate(seeds, 1):
            (CORPUS / fuzzer / f"{number:02}").write_bytes(seed)


if __name__ == "__main__":
    main()
