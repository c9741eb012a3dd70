{{- define "linger.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{- define "linger.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "linger.labels" -}}
{{ include "linger.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "linger.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "linger.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end }}

{{- define "linger.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end }}

{{- define "linger.tlsSecret" -}}
{{- default (printf "%s-tls" (include "linger.fullname" .)) .Values.grpc.tls.existingSecret -}}
{{- end }}

{{/* What the agent may do, and `linger doctor` in a test of the release. */}}
{{- define "linger.securityContext" -}}
# Root, since a container's other users get no capabilities; but without any of root's own.
runAsUser: 0
runAsGroup: 0
privileged: false
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
seccompProfile:
  {{- toYaml .Values.seccompProfile | nindent 2 }}
{{- with .Values.appArmorProfile }}
appArmorProfile:
  {{- toYaml . | nindent 2 }}
{{- end }}
capabilities:
  drop: [ALL]
  # `linger doctor --caps` prints the same list.
  add:
    # bpf(2): loads the probes, makes their maps and reads them
    - BPF
    # perf_event_open(2) and bpf(2): attaches the probes, lets them read the kernel's memory, samples what runs
    - PERFMON
    # process_vm_readv(2), readlink(2) and open(2) below /proc/PID: other users' servers, Python stacks and heaps
    - SYS_PTRACE
    # open(2) of /proc/PID/fd, environ and pagemap of other users' servers, their configuration, and tracefs
    - DAC_READ_SEARCH
    # open(2) of /proc/PID/map_files: an interpreter whose file was replaced since, as an upgrade does
    - CHECKPOINT_RESTORE
    {{- if .Values.sysAdmin }}
    # bpf(2) of BPF_ENABLE_STATS: what the probes cost; setns(2): accept queues of containers
    - SYS_ADMIN
    {{- end }}
{{- end }}

{{- define "linger.volumeMounts" -}}
# Where the probes' tracepoints have their numbers.
- name: tracefs
  mountPath: /sys/kernel/tracing
  readOnly: true
# The limits of the workers' control groups: a container sees its own alone.
- name: cgroup
  mountPath: /sys/fs/cgroup
  readOnly: true
{{- if .Values.podLogs }}
# The names of its directories are those of the node's pods.
- name: pod-logs
  mountPath: {{ .Values.podLogs }}
  readOnly: true
{{- end }}
{{- end }}

{{- define "linger.volumes" -}}
- name: tracefs
  hostPath:
    path: /sys/kernel/tracing
    type: Directory
- name: cgroup
  hostPath:
    path: /sys/fs/cgroup
    type: Directory
{{- if .Values.podLogs }}
- name: pod-logs
  hostPath:
    path: {{ .Values.podLogs }}
    type: Directory
{{- end }}
{{- end }}
