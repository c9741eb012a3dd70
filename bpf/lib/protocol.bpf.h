/* SPDX-License-Identifier: GPL-2.0-only */
//
// Protocols told by the first bytes that a client sends. Each asks for more than chance gives: a
// peer that is taken for what it is not counts as the wrong cause for good.

#pragma once

#include "vmlinux.h"

enum {
	PROTOCOL_BYTES = 16,
};

// What is looked at. What is sent may be less, and then ends in zeros.
struct first_bytes {
	__u8 bytes[PROTOCOL_BYTES];
};

static __always_inline __u32 big_endian(const __u8 *bytes)
{
	return (__u32)bytes[0] << 24 | (__u32)bytes[1] << 16 | (__u32)bytes[2] << 8 | bytes[3];
}

// PostgreSQL: a startup message (length, 3.0), an SSL request, or a typed message whose length,
// which counts itself, fits into what is sent.
static __always_inline bool is_postgresql(const __u8 *bytes, __u64 size_bytes)
{
	__u32 code = big_endian(bytes + 4);
	__u32 length;

	if (big_endian(bytes) <= size_bytes &&
	    (code == 0x00030000 || code == 80877103 || code == 80877104))
		return true;
	length = big_endian(bytes + 1);
	if (length < 4 || (__u64)length + 1 > size_bytes)
		return false;
	if (bytes[0] == 'Q')
		return (__u64)length + 1 == size_bytes;
	return bytes[0] == 'P' || bytes[0] == 'B';
}

// MySQL: a 24-bit length, sequence 0 and one of the commands that carry work.
static __always_inline bool is_mysql(const __u8 *bytes, __u64 size_bytes)
{
	__u32 length = bytes[0] | (__u32)bytes[1] << 8 | (__u32)bytes[2] << 16;

	if ((__u64)length + 4 != size_bytes || bytes[3] != 0)
		return false;
	return bytes[4] == 0x03 || bytes[4] == 0x16 || bytes[4] == 0x17 || bytes[4] == 0x0e;
}

// Redis: an array of bulk strings, "*2\r\n$3\r\n" or "*12\r\n$3\r\n".
static __always_inline bool is_redis(const __u8 *bytes)
{
	if (bytes[0] != '*' || bytes[1] < '1' || bytes[1] > '9')
		return false;
	if (bytes[2] == '\r')
		return bytes[3] == '\n' && bytes[4] == '$';
	return bytes[2] >= '0' && bytes[2] <= '9' &&
	       ((bytes[3] == '\r' && bytes[5] == '$') || (bytes[4] == '\r' && bytes[6] == '$'));
}

#define WORD(a, b, c, d) ((__u32)(a) << 24 | (__u32)(b) << 16 | (__u32)(c) << 8 | (d))

// The first eight bytes in one register: shifted, they are a word of any length. Read one by one in
// the branches of a switch, clang joins the reads to one through a pointer that it calculates,
// which the verifier refuses.
static __always_inline __u64 first_eight(const __u8 *bytes)
{
	return (__u64)big_endian(bytes) << 32 | big_endian(bytes + 4);
}

// memcached: a command of the text protocol with its space, or a request of the binary one whose
// lengths fit into what is sent.
static __always_inline bool is_memcached(const __u8 *bytes, __u64 size_bytes)
{
	__u32 key_bytes = (__u32)bytes[2] << 8 | bytes[3];
	__u32 body_bytes = big_endian(bytes + 8);
	__u64 first = first_eight(bytes);

	switch ((__u32)(first >> 32)) {
	case WORD('g', 'e', 't', ' '):
	case WORD('s', 'e', 't', ' '):
	case WORD('a', 'd', 'd', ' '):
	case WORD('c', 'a', 's', ' '):
	case WORD('g', 'a', 't', ' '):
		return true;
	case WORD('g', 'e', 't', 's'):
	case WORD('g', 'a', 't', 's'):
	case WORD('i', 'n', 'c', 'r'):
	case WORD('d', 'e', 'c', 'r'):
		return (first >> 24 & 0xff) == ' ';
	case WORD('t', 'o', 'u', 'c'):
		return (first >> 16 & 0xffff) == ('h' << 8 | ' ');
	case WORD('d', 'e', 'l', 'e'):
		return (first >> 8 & 0xffffff) == WORD(0, 't', 'e', ' ');
	}
	// The magic byte, an opcode, no data type; the body holds extras and key.
	return bytes[0] == 0x80 && bytes[1] <= 0x24 && bytes[5] == 0 && key_bytes <= 250 &&
	       key_bytes + bytes[4] <= body_bytes && (__u64)body_bytes + 24 <= size_bytes;
}

// HTTP/1: a method, a space, and a path or a URL; or the preface of HTTP/2.
static __always_inline bool is_http(const __u8 *bytes)
{
	__u64 first = first_eight(bytes);
	__u32 space_and_next = 0;

	switch ((__u32)(first >> 32)) {
	case WORD('G', 'E', 'T', ' '):
	case WORD('P', 'U', 'T', ' '):
		space_and_next = first >> 24 & 0xffff;
		break;
	case WORD('P', 'O', 'S', 'T'):
	case WORD('H', 'E', 'A', 'D'):
		space_and_next = first >> 16 & 0xffff;
		break;
	case WORD('P', 'A', 'T', 'C'):
		space_and_next = first >> 8 & 0xffff;
		break;
	case WORD('D', 'E', 'L', 'E'):
		space_and_next = first & 0xffff;
		break;
	case WORD('O', 'P', 'T', 'I'):
	case WORD('C', 'O', 'N', 'N'):
		return (first & 0xff) == ' ';
	case WORD('P', 'R', 'I', ' '):
		return (first >> 24 & 0xff) == '*';
	}
	return space_and_next == (' ' << 8 | '/') || space_and_next == (' ' << 8 | 'h');
}

// DNS in a datagram: a query with one question and no answers, whose name begins with a label.
static __always_inline bool is_dns(const __u8 *bytes, __u64 size_bytes)
{
	return size_bytes >= 17 && (bytes[2] & 0xf8) == 0 && (bytes[3] & 0x4f) == 0 &&
	       big_endian(bytes + 4) == 0x00010000 && big_endian(bytes + 8) <= 1 &&
	       bytes[12] >= 1 && bytes[12] <= 63;
}

// TLS: a record with a ClientHello, or one with encrypted data, that fits into what is sent.
static __always_inline bool is_tls(const __u8 *bytes, __u64 size_bytes)
{
	__u32 record_bytes = (__u32)bytes[3] << 8 | bytes[4];

	if (bytes[1] != 3 || bytes[2] > 4 || (__u64)record_bytes + 5 > size_bytes)
		return false;
	if (is_mysql(bytes, size_bytes))
		return false;
	return (bytes[0] == 0x16 && bytes[5] == 1) || (bytes[0] == 0x17 && record_bytes >= 17);
}
