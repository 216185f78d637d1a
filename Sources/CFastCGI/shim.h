#include <fastcgi.h>
#include <fcgiapp.h>
#include <sys/socket.h>

// Swift's Glibc module is read without _GNU_SOURCE and leaves these out.
extern int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);
extern int memfd_create(const char *name, unsigned int flags);
#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC 1U
#endif
