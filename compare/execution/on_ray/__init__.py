"""Workers on the nodes of a Ray cluster: `executor=ray`.

    executor   connects to a cluster, or starts one of this machine alone, and places workers
    nodes      which nodes are equal, so that a difference between two trainings is none of their machines
    worker     a worker as this process sees it: sends jobs and files, receives events and traces
    node       what runs on a node: an actor that owns one of our worker processes

Ray is imported with the first worker, and by nothing else of this program.
"""
