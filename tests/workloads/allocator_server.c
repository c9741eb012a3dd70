// A server with one thread, in C, so that it runs on any allocator: it serves one request after the
// other on the listening socket whose descriptor is its argument, and allocates as the path says.

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

enum { ODD_BYTES = 123457, ODDER_BYTES = 234567, PAGE_BYTES = 4096 };

static void *volatile kept; // or the compiler would leave the calls out

static void serve(const char *path)
{
	void *block = NULL;

	if (!strncmp(path, "/malloc", 7))
		kept = malloc(ODD_BYTES);
	else if (!strncmp(path, "/calloc", 7))
		kept = calloc(ODD_BYTES, 2);
	else if (!strncmp(path, "/aligned", 8))
		kept = aligned_alloc(PAGE_BYTES, 31 * PAGE_BYTES);
	else if (!strncmp(path, "/memalign", 9))
		kept = memalign(PAGE_BYTES, ODD_BYTES);
	else if (!strncmp(path, "/posix", 6))
		kept = posix_memalign(&block, PAGE_BYTES, ODD_BYTES) ? NULL : block;
	else if (!strncmp(path, "/freed", 6)) {
		kept = malloc(ODD_BYTES);
		free(kept);
	} else if (!strncmp(path, "/grown", 6)) {
		kept = malloc(ODD_BYTES);
		kept = realloc(kept, ODDER_BYTES);
	} else if (!strncmp(path, "/first", 6))
		kept = realloc(NULL, ODD_BYTES);
}

int main(int argc, char **argv)
{
	static const char response[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	int listener = argc > 1 ? atoi(argv[1]) : -1;

	for (;;) {
		char request[512] = "";
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			return 1;
		if (read(fd, request, sizeof(request) - 1) > 4)
			serve(request + 4);
		if (write(fd, response, sizeof(response) - 1) < 0)
			return 1;
		close(fd);
	}
}
