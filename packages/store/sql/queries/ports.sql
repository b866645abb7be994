-- The condition for `--port`; $ports stands for it. Parameters: ports: single ports, and runs of them from port_from[i] to port_to[i]; empty: any.
((empty({ports:Array(UInt16)}) AND empty({port_from:Array(UInt16)})) OR dst_port IN {ports:Array(UInt16)}
      OR arrayExists((a, b) -> dst_port BETWEEN a AND b, {port_from:Array(UInt16)}, {port_to:Array(UInt16)}))
