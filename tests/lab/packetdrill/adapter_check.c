/* Drives every callback of the packetdrill adapter: adapter_check PATH_OF_THE_SHARED_OBJECT.
 *
 * A passive open, data both ways, a retransmission, a call that sleeps in another thread, a close:
 * the peer is this program, packet by packet. Prints "ok", or the line that failed, and ends with 1.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "interface.h"

#define CHECK(x) do { if (!(x)) { \
    printf("line %d: %s (errno %d)\n", __LINE__, #x, errno); exit(1); } } while (0)
enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, PORT = 8080, PEER_PORT = 40000 };
#define LOCAL 0xC0A80001u  /* 192.168.0.1 */
#define REMOTE 0xC0000201u /* 192.0.2.1 */

static struct packetdrill_interface pd;

struct segment {
    unsigned flags, size;
    uint32_t seq, ack;
    const unsigned char *data;
    long long usecs;
    unsigned char packet[65536];
};

static unsigned sum16(const unsigned char *p, size_t n, uint32_t sum)
{
    for (size_t i = 0; i + 1 < n; i += 2)
        sum += (uint32_t)p[i] << 8 | p[i + 1];
    if (n & 1)
        sum += (uint32_t)p[n - 1] << 8;
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return sum;
}

static void put16(unsigned char *p, unsigned v) { p[0] = v >> 8; p[1] = v; }
static void put32(unsigned char *p, uint32_t v) { put16(p, v >> 16); put16(p + 2, v & 0xFFFF); }
static unsigned get16(const unsigned char *p) { return p[0] << 8 | p[1]; }
static uint32_t get32(const unsigned char *p) { return (uint32_t)get16(p) << 16 | get16(p + 2); }

static void inject(unsigned flags, uint32_t seq, uint32_t ack, const char *data)
{
    unsigned char p[2048] = {0x45};
    size_t size = strlen(data), len = 40 + size;
    put16(p + 2, len);
    p[8] = 64;
    p[9] = 6;
    put32(p + 12, REMOTE);
    put32(p + 16, LOCAL);
    put16(p + 10, ~sum16(p, 20, 0));
    put16(p + 20, PEER_PORT);
    put16(p + 22, PORT);
    put32(p + 24, seq);
    put32(p + 28, ack);
    p[32] = 5 << 4;
    p[33] = flags;
    put16(p + 34, 65535);
    memcpy(p + 40, data, size);
    put16(p + 36, ~sum16(p + 20, 20 + size, 6 + 20 + size + sum16(p + 12, 8, 0)));
    CHECK(pd.netdev_send(pd.userdata, p, len) == 0);
}

static struct segment *receive(void)
{
    static struct segment s;
    size_t count = sizeof s.packet;
    CHECK(pd.netdev_receive(pd.userdata, s.packet, &count, &s.usecs) == 0);
    CHECK(count >= 40 && get16(s.packet + 2) == count && sum16(s.packet, 20, 0) == 0xFFFF);
    const unsigned char *t = s.packet + 20;
    size_t len = count - 20, header = (t[12] >> 4) * 4;
    CHECK(sum16(t, len, 6 + len + sum16(s.packet + 12, 8, 0)) == 0xFFFF);
    CHECK(get16(t) == PORT && get16(t + 2) == PEER_PORT);
    s.flags = t[13];
    s.seq = get32(t + 4);
    s.ack = get32(t + 8);
    s.data = t + header;
    s.size = len - header;
    return &s;
}

static long long now(void)
{
    struct timeval tv;
    CHECK(pd.gettimeofday(pd.userdata, &tv, NULL) == 0);
    return tv.tv_sec * 1000000LL + tv.tv_usec;
}

static int conn;
static char slept[16];
static void *sleeper(void *arg)
{
    (void)arg;
    CHECK(pd.read(pd.userdata, conn, slept, sizeof slept) == 5);
    return NULL;
}

static uint32_t passive_open(int listener)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    struct sockaddr_in peer;
    socklen_t len = sizeof peer;
    CHECK(pd.bind(pd.userdata, listener, (struct sockaddr *)&addr, sizeof addr) == 0);
    CHECK(pd.bind(pd.userdata, listener, (struct sockaddr *)&addr, sizeof addr) == -1);
    CHECK(errno == EINVAL);
    CHECK(pd.listen(pd.userdata, listener, 5) == 0);
    inject(SYN, 1000, 0, "");
    struct segment *s = receive();
    CHECK(s->flags == (SYN | ACK) && s->ack == 1001 && s->size == 0);
    uint32_t isn = s->seq;
    inject(ACK, 1001, isn + 1, "");
    conn = pd.accept(pd.userdata, listener, (struct sockaddr *)&peer, &len);
    CHECK(conn > listener && len == sizeof peer);
    CHECK(peer.sin_addr.s_addr == htonl(REMOTE) && peer.sin_port == htons(PEER_PORT));
    return isn + 1;
}

static void options(int listener)
{
    int one = 1, got = 0;
    socklen_t len = sizeof got;
    CHECK(pd.setsockopt(pd.userdata, listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0);
    CHECK(pd.getsockopt(pd.userdata, listener, SOL_SOCKET, SO_REUSEADDR, &got, &len) == 0);
    CHECK(got == 1 && len == sizeof got);
    CHECK(pd.getsockopt(pd.userdata, listener, 6, 99, &got, &len) == -1 && errno == ENOPROTOOPT);
}

static void tcp_info(void)
{
    unsigned char info[300];
    socklen_t len = sizeof info;
    memset(info, 0xAA, sizeof info);
    CHECK(pd.getsockopt(pd.userdata, conn, 6, 11, info, &len) == 0);
    CHECK(len == sizeof info && info[0] == 1);
    for (int i = 104; i < 300; i++)
        CHECK(info[i] == 0);
}

/* One call of each kind that reads. seq: of the peer's next byte; the new one is returned. */
static uint32_t reading(uint32_t seq, uint32_t ack)
{
    char a[4], b[8];
    struct iovec iov[2] = {{a, 4}, {b, 8}};
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
    struct pollfd p = {.fd = conn, .events = POLLIN | POLLOUT};
    int queued = 0;
    long long begin = now();
    p.events = POLLIN;
    CHECK(pd.poll(pd.userdata, &p, 1, 100) == 0);
    CHECK(now() - begin >= 100000 && now() - begin < 101000);
    inject(ACK | PSH, seq, ack, "hello you");
    CHECK(pd.poll(pd.userdata, &p, 1, -1) == 1 && p.revents == POLLIN);
    CHECK(pd.ioctl(pd.userdata, conn, FIONREAD, &queued) == 0 && queued == 9);
    CHECK(pd.recv(pd.userdata, conn, b, 2, MSG_PEEK) == 2 && memcmp(b, "he", 2) == 0);
    CHECK(pd.recvfrom(pd.userdata, conn, b, 1, 0, NULL, NULL) == 1 && b[0] == 'h');
    CHECK(pd.read(pd.userdata, conn, b, 1) == 1 && b[0] == 'e');
    CHECK(pd.readv(pd.userdata, conn, iov, 1) == 4 && memcmp(a, "llo ", 4) == 0);
    CHECK(pd.recvmsg(pd.userdata, conn, &msg, 0) == 3 && memcmp(a, "you", 3) == 0);
    CHECK(pd.fcntl(pd.userdata, conn, F_SETFL, O_RDWR | O_NONBLOCK) == 0);
    CHECK(pd.fcntl(pd.userdata, conn, F_GETFL) & O_NONBLOCK);
    CHECK(pd.read(pd.userdata, conn, b, 1) == -1 && errno == EAGAIN);
    CHECK(pd.fcntl(pd.userdata, conn, F_SETFL, O_RDWR) == 0);
    struct segment *s = receive();
    CHECK(s->flags == ACK && s->ack == seq + 9);
    return seq + 9;
}

/* One call of each kind that writes; the number behind the last byte. */
static uint32_t writing(uint32_t seq, uint32_t ack)
{
    struct iovec iov[2] = {{"c", 1}, {"d", 1}};
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
    CHECK(pd.write(pd.userdata, conn, "a", 1) == 1);
    struct segment *s = receive();
    CHECK(s->flags == (ACK | PSH) && s->seq == seq && s->size == 1 && s->data[0] == 'a');
    long long sent = s->usecs;
    s = receive();
    CHECK(s->seq == seq && s->usecs - sent >= 200000); /* again, after the RTO */
    inject(ACK, ack, seq + 1, "");
    CHECK(pd.send(pd.userdata, conn, "b", 1, MSG_MORE) == 1);
    CHECK(pd.writev(pd.userdata, conn, iov, 2) == 2);
    s = receive();
    CHECK(s->size == 3 && memcmp(s->data, "bcd", 3) == 0);
    inject(ACK, ack, seq + 4, "");
    CHECK(pd.sendto(pd.userdata, conn, "e", 1, 0, NULL, 0) == 1);
    CHECK(receive()->data[0] == 'e');
    inject(ACK, ack, seq + 5, "");
    CHECK(pd.sendmsg(pd.userdata, conn, &msg, 0) == 2);
    CHECK(memcmp(receive()->data, "cd", 2) == 0);
    inject(ACK, ack, seq + 7, "");
    return seq + 7;
}

static void waiting(uint32_t seq, uint32_t ack)
{
    int ep = pd.epoll_create(pd.userdata, 1), ends[2];
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0x1234567890ULL}, got[4];
    CHECK(ep >= 0 && pd.epoll_ctl(pd.userdata, ep, EPOLL_CTL_ADD, conn, &event) == 0);
    CHECK(pd.epoll_ctl(pd.userdata, ep, EPOLL_CTL_ADD, conn, &event) == -1 && errno == EEXIST);
    CHECK(pd.epoll_wait(pd.userdata, ep, got, 4, 0) == 0);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, sleeper, NULL) == 0);
    CHECK(pd.usleep(pd.userdata, 50000) == 0);
    inject(ACK | PSH, seq, ack, "awake");
    CHECK(pthread_join(thread, NULL) == 0 && memcmp(slept, "awake", 5) == 0);
    CHECK(receive()->ack == seq + 5);
    inject(ACK | PSH, seq + 5, ack, "pipe");
    CHECK(pd.epoll_wait(pd.userdata, ep, got, 4, -1) == 1 && got[0].data.u64 == 0x1234567890ULL);
    CHECK(pd.pipe(pd.userdata, ends) == 0);
    CHECK(pd.splice(pd.userdata, conn, NULL, ends[1], NULL, 4, 0) == 4);
    char b[8];
    CHECK(pd.read(pd.userdata, ends[0], b, 8) == 4 && memcmp(b, "pipe", 4) == 0);
    CHECK(pd.close(pd.userdata, ends[0]) == 0 && pd.close(pd.userdata, ends[1]) == 0);
    CHECK(pd.close(pd.userdata, ep) == 0);
    CHECK(receive()->ack == seq + 9);
}

static void closing(uint32_t seq, uint32_t ack)
{
    CHECK(pd.shutdown(pd.userdata, conn, SHUT_WR) == 0);
    struct segment *s = receive();
    CHECK(s->flags == (FIN | ACK) && s->seq == ack);
    inject(FIN | ACK, seq, ack + 1, "");
    s = receive();
    CHECK(s->flags == ACK && s->ack == seq + 1);
    char b[1];
    CHECK(pd.read(pd.userdata, conn, b, 1) == 0);
    CHECK(pd.close(pd.userdata, conn) == 0);
    CHECK(pd.close(pd.userdata, conn) == -1 && errno == EBADF);
    unsigned char buf[64];
    size_t count = sizeof buf;
    long long usecs;
    CHECK(pd.netdev_receive(pd.userdata, buf, &count, &usecs) == 0 && count == 0);
}

static void active_open(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(PEER_PORT)};
    addr.sin_addr.s_addr = htonl(REMOTE);
    int fd = pd.socket(pd.userdata, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP);
    CHECK(pd.connect(pd.userdata, fd, (struct sockaddr *)&addr, sizeof addr) == -1);
    CHECK(errno == EINPROGRESS);
    unsigned char buf[64];
    size_t count = sizeof buf;
    long long usecs;
    CHECK(pd.netdev_receive(pd.userdata, buf, &count, &usecs) == 0 && buf[33] == SYN);
    CHECK(pd.close(pd.userdata, fd) == 0);
}

int main(int argc, char **argv)
{
    void *handle = dlopen(argc > 1 ? argv[1] : "", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE | RTLD_DEEPBIND);
    if (handle == NULL) {
        puts(dlerror());
        return 1;
    }
    void (*init)(const char *, struct packetdrill_interface *);
    *(void **)&init = dlsym(handle, "packetdrill_interface_init");
    CHECK(init != NULL);
    init("era=3.2,mtu=1500,net.ipv4.tcp_timestamps=0", &pd);
    for (size_t i = 0; i < sizeof pd / sizeof(void *); i++)
        CHECK(((void **)&pd)[i] != NULL);
    int listener = pd.socket(pd.userdata, AF_INET, SOCK_STREAM, IPPROTO_TCP);
    CHECK(listener == 3);
    options(listener);
    uint32_t ack = passive_open(listener);
    tcp_info();
    uint32_t seq = reading(1001, ack);
    ack = writing(ack, seq);
    waiting(seq, ack);
    closing(seq + 9, ack);
    active_open();
    CHECK(pd.close(pd.userdata, listener) == 0);
    pd.free(pd.userdata);
    puts("ok");
    return 0;
}
