"""Labs: hosts, links and what happens to them, for people who test network programs.

    with softnet.Lab(seed=7) as lab:
        h1, h2 = lab.hosts("h1", "h2")
        lab.link(h1, h2, rate="10mbit", delay="20ms", loss="1%")

topology.py has the Lab, node.py its hosts and routers, link.py its links; addressing.py and
routing.py give what nobody chose: addresses and routes. proc.py is a program that runs on a host.
units.py reads "10mbit" and "20ms"; errors.py says what was wrong and what to write instead.
May import everything below it. Read topology first.
"""
