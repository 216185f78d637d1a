#include <fastcgi.h>
#include <fcgiapp.h>
#include <sys/socket.h>

// Swift's Glibc module is read without _GNU_SOURCE and leaves it out.
extern int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);
