# SPDX-License-Identifier: Apache-2.0
"""Rule: the core's object files ask for no clock, thread, socket, file or random device.

Read from the compiled archives, so it also sees what an innocent header brings in.
"""

import re
import subprocess

import house

# C functions by their whole name, C++ ones by how their demangled name begins.
C_FUNCTIONS = {
    "clock": """clock clock_gettime clock_getres clock_nanosleep gettimeofday time timespec_get
        nanosleep usleep sleep localtime localtime_r timer_create timerfd_create""",
    "thread": """pthread_create pthread_join pthread_detach pthread_mutex_lock pthread_cond_wait
        pthread_rwlock_wrlock pthread_once thrd_create fork vfork sem_wait sched_yield""",
    "socket": """socket socketpair bind listen accept accept4 connect send sendto sendmsg sendmmsg
        recv recvfrom recvmsg recvmmsg setsockopt getsockopt getaddrinfo gethostbyname getifaddrs
        if_nametoindex ioctl poll ppoll select epoll_create1 epoll_ctl epoll_wait""",
    "file": """open open64 openat openat64 creat fopen fopen64 freopen fdopen read write pread pwrite
        close stat stat64 fstat fstat64 lstat unlink rename mkdir rmdir opendir readdir fsync
        puts printf vprintf fprintf vfprintf fputs fputc fwrite fread putchar __printf_chk
        __fprintf_chk stdout stderr stdin""",
    "random device": """getrandom getentropy rand rand_r random srand srandom drand48 arc4random
        arc4random_buf arc4random_uniform""",
    "environment": """getenv secure_getenv setenv system popen execve execv execvp dlopen signal
        sigaction exit _exit""",
}
PREFIXES = {
    "clock": ("std::chrono::_V2::", "std::chrono::tzdb"),
    "thread": ("std::thread::", "std::jthread::", "std::condition_variable", "std::__once_call",
               "std::this_thread::", "std::__atomic_futex", "std::_V2::condition_variable_any"),
    "file": ("std::filesystem::", "std::basic_filebuf", "std::basic_ifstream",
             "std::basic_ofstream", "std::basic_fstream", "std::cout", "std::cerr", "std::clog",
             "std::cin", "std::ios_base::Init"),
    # The core's randomness is an argument, libsodium's generator no less than the system's.
    "random device": ("std::random_device", "randombytes"),
}
BY_NAME = {name: kind for kind, names in C_FUNCTIONS.items() for name in names.split()}
UNDEFINED = re.compile(r"^\s+[Uw] (.+)$")
MEMBER = re.compile(r"^(\S+\.o):$")


def check(root, build):
    findings = []
    for room in sorted(path.parent.name for path in (root / "core").glob("*/CMakeLists.txt")):
        if not (build / "core" / room / f"liblanyard_{room}.a").is_file():
            findings.append(house.Finding(f"core/{room}", 1, f"not built in {build}"))
    for archive in sorted((build / "core").rglob("liblanyard_*.a")):
        path = archive.relative_to(build).as_posix()
        listing = subprocess.run(["nm", "-uC", str(archive)], check=False, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for line in listing.stderr.splitlines():
            if not line.endswith("no symbols"):
                findings.append(house.Finding(path, 1, line))
        member = "?"
        for line in listing.stdout.splitlines():
            if match := MEMBER.match(line):
                member = match.group(1)
            elif (match := UNDEFINED.match(line)) and (kind := forbidden(match.group(1))):
                findings.append(house.Finding(f"{path}({member})", 1,
                                              f"{kind} in the core: {match.group(1)}"))
    return findings


def forbidden(symbol):
    symbol = symbol.split("@")[0]
    if symbol in BY_NAME:
        return BY_NAME[symbol]
    for kind, prefixes in PREFIXES.items():
        if symbol.startswith(prefixes):
            return kind
    return None
