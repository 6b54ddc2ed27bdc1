"""The names that /proc/net/snmp and /proc/net/netstat print, in order, and the counter behind each.

Linux: net/ipv4/proc.c. Each table is a tuple of (printed name, index into the MIB array). The line
"Ip:" of /proc/net/snmp starts with Forwarding and DefaultTTL, which are sysctls, not counters.
"""

from __future__ import annotations

from typing import Final

import softnet.uapi.icmp as icmp
import softnet.uapi.snmp as snmp

# /proc/net/snmp
SNMP4_IPSTATS: Final = (
    ("InReceives", snmp.IPSTATS_MIB_INPKTS),
    ("InHdrErrors", snmp.IPSTATS_MIB_INHDRERRORS),
    ("InAddrErrors", snmp.IPSTATS_MIB_INADDRERRORS),
    ("ForwDatagrams", snmp.IPSTATS_MIB_OUTFORWDATAGRAMS),
    ("InUnknownProtos", snmp.IPSTATS_MIB_INUNKNOWNPROTOS),
    ("InDiscards", snmp.IPSTATS_MIB_INDISCARDS),
    ("InDelivers", snmp.IPSTATS_MIB_INDELIVERS),
    ("OutRequests", snmp.IPSTATS_MIB_OUTPKTS),
    ("OutDiscards", snmp.IPSTATS_MIB_OUTDISCARDS),
    ("OutNoRoutes", snmp.IPSTATS_MIB_OUTNOROUTES),
    ("ReasmTimeout", snmp.IPSTATS_MIB_REASMTIMEOUT),
    ("ReasmReqds", snmp.IPSTATS_MIB_REASMREQDS),
    ("ReasmOKs", snmp.IPSTATS_MIB_REASMOKS),
    ("ReasmFails", snmp.IPSTATS_MIB_REASMFAILS),
    ("FragOKs", snmp.IPSTATS_MIB_FRAGOKS),
    ("FragFails", snmp.IPSTATS_MIB_FRAGFAILS),
    ("FragCreates", snmp.IPSTATS_MIB_FRAGCREATES),
)

# "Icmp:" prints InMsgs InErrors, these as In*, then OutMsgs OutErrors, these as Out*. The second
# column is the ICMP type: an index into the ICMPMSG array.
ICMPMIBMAP: Final = (
    ("DestUnreachs", icmp.ICMP_DEST_UNREACH),
    ("TimeExcds", icmp.ICMP_TIME_EXCEEDED),
    ("ParmProbs", icmp.ICMP_PARAMETERPROB),
    ("SrcQuenchs", icmp.ICMP_SOURCE_QUENCH),
    ("Redirects", icmp.ICMP_REDIRECT),
    ("Echos", icmp.ICMP_ECHO),
    ("EchoReps", icmp.ICMP_ECHOREPLY),
    ("Timestamps", icmp.ICMP_TIMESTAMP),
    ("TimestampReps", icmp.ICMP_TIMESTAMPREPLY),
    ("AddrMasks", icmp.ICMP_ADDRESS),
    ("AddrMaskReps", icmp.ICMP_ADDRESSREPLY),
)

SNMP4_TCP: Final = (
    ("RtoAlgorithm", snmp.TCP_MIB_RTOALGORITHM),
    ("RtoMin", snmp.TCP_MIB_RTOMIN),
    ("RtoMax", snmp.TCP_MIB_RTOMAX),
    ("MaxConn", snmp.TCP_MIB_MAXCONN),
    ("ActiveOpens", snmp.TCP_MIB_ACTIVEOPENS),
    ("PassiveOpens", snmp.TCP_MIB_PASSIVEOPENS),
    ("AttemptFails", snmp.TCP_MIB_ATTEMPTFAILS),
    ("EstabResets", snmp.TCP_MIB_ESTABRESETS),
    ("CurrEstab", snmp.TCP_MIB_CURRESTAB),
    ("InSegs", snmp.TCP_MIB_INSEGS),
    ("OutSegs", snmp.TCP_MIB_OUTSEGS),
    ("RetransSegs", snmp.TCP_MIB_RETRANSSEGS),
    ("InErrs", snmp.TCP_MIB_INERRS),
    ("OutRsts", snmp.TCP_MIB_OUTRSTS),
)

# "Udp:" and "UdpLite:"
SNMP4_UDP: Final = (
    ("InDatagrams", snmp.UDP_MIB_INDATAGRAMS),
    ("NoPorts", snmp.UDP_MIB_NOPORTS),
    ("InErrors", snmp.UDP_MIB_INERRORS),
    ("OutDatagrams", snmp.UDP_MIB_OUTDATAGRAMS),
    ("RcvbufErrors", snmp.UDP_MIB_RCVBUFERRORS),
    ("SndbufErrors", snmp.UDP_MIB_SNDBUFERRORS),
)

# /proc/net/netstat, "TcpExt:", as Linux 3.2.0 prints it
SNMP4_NET: Final = (
    ("SyncookiesSent", snmp.LINUX_MIB_SYNCOOKIESSENT),
    ("SyncookiesRecv", snmp.LINUX_MIB_SYNCOOKIESRECV),
    ("SyncookiesFailed", snmp.LINUX_MIB_SYNCOOKIESFAILED),
    ("EmbryonicRsts", snmp.LINUX_MIB_EMBRYONICRSTS),
    ("PruneCalled", snmp.LINUX_MIB_PRUNECALLED),
    ("RcvPruned", snmp.LINUX_MIB_RCVPRUNED),
    ("OfoPruned", snmp.LINUX_MIB_OFOPRUNED),
    ("OutOfWindowIcmps", snmp.LINUX_MIB_OUTOFWINDOWICMPS),
    ("LockDroppedIcmps", snmp.LINUX_MIB_LOCKDROPPEDICMPS),
    ("ArpFilter", snmp.LINUX_MIB_ARPFILTER),
    ("TW", snmp.LINUX_MIB_TIMEWAITED),
    ("TWRecycled", snmp.LINUX_MIB_TIMEWAITRECYCLED),
    ("TWKilled", snmp.LINUX_MIB_TIMEWAITKILLED),
    ("PAWSPassive", snmp.LINUX_MIB_PAWSPASSIVEREJECTED),
    ("PAWSActive", snmp.LINUX_MIB_PAWSACTIVEREJECTED),
    ("PAWSEstab", snmp.LINUX_MIB_PAWSESTABREJECTED),
    ("DelayedACKs", snmp.LINUX_MIB_DELAYEDACKS),
    ("DelayedACKLocked", snmp.LINUX_MIB_DELAYEDACKLOCKED),
    ("DelayedACKLost", snmp.LINUX_MIB_DELAYEDACKLOST),
    ("ListenOverflows", snmp.LINUX_MIB_LISTENOVERFLOWS),
    ("ListenDrops", snmp.LINUX_MIB_LISTENDROPS),
    ("TCPPrequeued", snmp.LINUX_MIB_TCPPREQUEUED),
    ("TCPDirectCopyFromBacklog", snmp.LINUX_MIB_TCPDIRECTCOPYFROMBACKLOG),
    ("TCPDirectCopyFromPrequeue", snmp.LINUX_MIB_TCPDIRECTCOPYFROMPREQUEUE),
    ("TCPPrequeueDropped", snmp.LINUX_MIB_TCPPREQUEUEDROPPED),
    ("TCPHPHits", snmp.LINUX_MIB_TCPHPHITS),
    ("TCPHPHitsToUser", snmp.LINUX_MIB_TCPHPHITSTOUSER),
    ("TCPPureAcks", snmp.LINUX_MIB_TCPPUREACKS),
    ("TCPHPAcks", snmp.LINUX_MIB_TCPHPACKS),
    ("TCPRenoRecovery", snmp.LINUX_MIB_TCPRENORECOVERY),
    ("TCPSackRecovery", snmp.LINUX_MIB_TCPSACKRECOVERY),
    ("TCPSACKReneging", snmp.LINUX_MIB_TCPSACKRENEGING),
    ("TCPFACKReorder", snmp.LINUX_MIB_TCPFACKREORDER),
    ("TCPSACKReorder", snmp.LINUX_MIB_TCPSACKREORDER),
    ("TCPRenoReorder", snmp.LINUX_MIB_TCPRENOREORDER),
    ("TCPTSReorder", snmp.LINUX_MIB_TCPTSREORDER),
    ("TCPFullUndo", snmp.LINUX_MIB_TCPFULLUNDO),
    ("TCPPartialUndo", snmp.LINUX_MIB_TCPPARTIALUNDO),
    ("TCPDSACKUndo", snmp.LINUX_MIB_TCPDSACKUNDO),
    ("TCPLossUndo", snmp.LINUX_MIB_TCPLOSSUNDO),
    ("TCPLoss", snmp.LINUX_MIB_TCPLOSS),
    ("TCPLostRetransmit", snmp.LINUX_MIB_TCPLOSTRETRANSMIT),
    ("TCPRenoFailures", snmp.LINUX_MIB_TCPRENOFAILURES),
    ("TCPSackFailures", snmp.LINUX_MIB_TCPSACKFAILURES),
    ("TCPLossFailures", snmp.LINUX_MIB_TCPLOSSFAILURES),
    ("TCPFastRetrans", snmp.LINUX_MIB_TCPFASTRETRANS),
    ("TCPForwardRetrans", snmp.LINUX_MIB_TCPFORWARDRETRANS),
    ("TCPSlowStartRetrans", snmp.LINUX_MIB_TCPSLOWSTARTRETRANS),
    ("TCPTimeouts", snmp.LINUX_MIB_TCPTIMEOUTS),
    ("TCPRenoRecoveryFail", snmp.LINUX_MIB_TCPRENORECOVERYFAIL),
    ("TCPSackRecoveryFail", snmp.LINUX_MIB_TCPSACKRECOVERYFAIL),
    ("TCPSchedulerFailed", snmp.LINUX_MIB_TCPSCHEDULERFAILED),
    ("TCPRcvCollapsed", snmp.LINUX_MIB_TCPRCVCOLLAPSED),
    ("TCPDSACKOldSent", snmp.LINUX_MIB_TCPDSACKOLDSENT),
    ("TCPDSACKOfoSent", snmp.LINUX_MIB_TCPDSACKOFOSENT),
    ("TCPDSACKRecv", snmp.LINUX_MIB_TCPDSACKRECV),
    ("TCPDSACKOfoRecv", snmp.LINUX_MIB_TCPDSACKOFORECV),
    ("TCPAbortOnSyn", snmp.LINUX_MIB_TCPABORTONSYN),
    ("TCPAbortOnData", snmp.LINUX_MIB_TCPABORTONDATA),
    ("TCPAbortOnClose", snmp.LINUX_MIB_TCPABORTONCLOSE),
    ("TCPAbortOnMemory", snmp.LINUX_MIB_TCPABORTONMEMORY),
    ("TCPAbortOnTimeout", snmp.LINUX_MIB_TCPABORTONTIMEOUT),
    ("TCPAbortOnLinger", snmp.LINUX_MIB_TCPABORTONLINGER),
    ("TCPAbortFailed", snmp.LINUX_MIB_TCPABORTFAILED),
    ("TCPMemoryPressures", snmp.LINUX_MIB_TCPMEMORYPRESSURES),
    ("TCPSACKDiscard", snmp.LINUX_MIB_TCPSACKDISCARD),
    ("TCPDSACKIgnoredOld", snmp.LINUX_MIB_TCPDSACKIGNOREDOLD),
    ("TCPDSACKIgnoredNoUndo", snmp.LINUX_MIB_TCPDSACKIGNOREDNOUNDO),
    ("TCPSpuriousRTOs", snmp.LINUX_MIB_TCPSPURIOUSRTOS),
    ("TCPMD5NotFound", snmp.LINUX_MIB_TCPMD5NOTFOUND),
    ("TCPMD5Unexpected", snmp.LINUX_MIB_TCPMD5UNEXPECTED),
    ("TCPSackShifted", snmp.LINUX_MIB_SACKSHIFTED),
    ("TCPSackMerged", snmp.LINUX_MIB_SACKMERGED),
    ("TCPSackShiftFallback", snmp.LINUX_MIB_SACKSHIFTFALLBACK),
    ("TCPBacklogDrop", snmp.LINUX_MIB_TCPBACKLOGDROP),
    ("TCPMinTTLDrop", snmp.LINUX_MIB_TCPMINTTLDROP),
    ("TCPDeferAcceptDrop", snmp.LINUX_MIB_TCPDEFERACCEPTDROP),
    ("IPReversePathFilter", snmp.LINUX_MIB_IPRPFILTER),
    ("TCPTimeWaitOverflow", snmp.LINUX_MIB_TCPTIMEWAITOVERFLOW),
    ("TCPReqQFullDoCookies", snmp.LINUX_MIB_TCPREQQFULLDOCOOKIES),
    ("TCPReqQFullDrop", snmp.LINUX_MIB_TCPREQQFULLDROP),
)

# appended by the last stable releases of 3.2
SNMP4_NET_STABLE: Final = (
    ("TCPChallengeACK", snmp.LINUX_MIB_TCPCHALLENGEACK),
    ("TCPSYNChallenge", snmp.LINUX_MIB_TCPSYNCHALLENGE),
)

# appended when a host runs an extension of a later kernel
SNMP4_NET_LATER: Final = (
    ("TCPRetransFail", snmp.LINUX_MIB_TCPRETRANSFAIL),
    ("TCPRcvCoalesce", snmp.LINUX_MIB_TCPRCVCOALESCE),
    ("TCPOFOQueue", snmp.LINUX_MIB_TCPOFOQUEUE),
    ("TCPOFODrop", snmp.LINUX_MIB_TCPOFODROP),
    ("TCPOFOMerge", snmp.LINUX_MIB_TCPOFOMERGE),
    ("TCPFastOpenActive", snmp.LINUX_MIB_TCPFASTOPENACTIVE),
    ("TCPFastOpenPassive", snmp.LINUX_MIB_TCPFASTOPENPASSIVE),
    ("TCPFastOpenPassiveFail", snmp.LINUX_MIB_TCPFASTOPENPASSIVEFAIL),
    ("TCPFastOpenListenOverflow", snmp.LINUX_MIB_TCPFASTOPENLISTENOVERFLOW),
    ("TCPFastOpenCookieReqd", snmp.LINUX_MIB_TCPFASTOPENCOOKIEREQD),
    ("TCPLossProbes", snmp.LINUX_MIB_TCPLOSSPROBES),
    ("TCPLossProbeRecovery", snmp.LINUX_MIB_TCPLOSSPROBERECOVERY),
    ("TCPEarlyRetrans", snmp.LINUX_MIB_TCPEARLYRETRANS),
    ("TCPAutoCorking", snmp.LINUX_MIB_TCPAUTOCORKING),
    ("TCPSynRetrans", snmp.LINUX_MIB_TCPSYNRETRANS),
    ("TCPOrigDataSent", snmp.LINUX_MIB_TCPORIGDATASENT),
    ("TCPWqueueTooBig", snmp.LINUX_MIB_TCPWQUEUETOOBIG),
    ("TCPFastOpenActiveFail", snmp.LINUX_MIB_TCPFASTOPENACTIVEFAIL),
)

# "IpExt:"
SNMP4_IPEXTSTATS: Final = (
    ("InNoRoutes", snmp.IPSTATS_MIB_INNOROUTES),
    ("InTruncatedPkts", snmp.IPSTATS_MIB_INTRUNCATEDPKTS),
    ("InMcastPkts", snmp.IPSTATS_MIB_INMCASTPKTS),
    ("OutMcastPkts", snmp.IPSTATS_MIB_OUTMCASTPKTS),
    ("InBcastPkts", snmp.IPSTATS_MIB_INBCASTPKTS),
    ("OutBcastPkts", snmp.IPSTATS_MIB_OUTBCASTPKTS),
    ("InOctets", snmp.IPSTATS_MIB_INOCTETS),
    ("OutOctets", snmp.IPSTATS_MIB_OUTOCTETS),
    ("InMcastOctets", snmp.IPSTATS_MIB_INMCASTOCTETS),
    ("OutMcastOctets", snmp.IPSTATS_MIB_OUTMCASTOCTETS),
    ("InBcastOctets", snmp.IPSTATS_MIB_INBCASTOCTETS),
    ("OutBcastOctets", snmp.IPSTATS_MIB_OUTBCASTOCTETS),
)
