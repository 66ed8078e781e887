{{- define "argosy.labels" -}}
app.kubernetes.io/part-of: argosy
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- define "argosy.redisUrl" -}}
{{- .Values.redis.url | default (printf "redis://argosy-redis.%s.svc:6379/0" .Release.Namespace) -}}
{{- end }}

{{- define "argosy.keysSecret" -}}
{{- printf "%s-%s" (.root.Values.keys.existingPrefix | default "argosy-keys") .name -}}
{{- end }}

{{- /* Every Pod of this chart: nothing of these two may be weakened by a value. */ -}}
{{- define "argosy.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "argosy.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- /* dict: root, name, settings (values of the role), hub (may hold a token), port (0: none), grace (seconds) */ -}}
{{- define "argosy.role" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: argosy-{{ .name }}
  labels: {{- include "argosy.labels" . | nindent 4 }}
automountServiceAccountToken: false
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: argosy-{{ .name }}
  labels: {{- include "argosy.labels" . | nindent 4 }}
spec:
  replicas: {{ .settings.replicas }}
  selector:
    matchLabels: {{- include "argosy.labels" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "argosy.labels" . | nindent 8 }}
      {{- with .root.Values.podAnnotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: argosy-{{ .name }}
      automountServiceAccountToken: {{ .hub }}
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ .grace }}
      securityContext: {{- include "argosy.podSecurity" . | nindent 8 }}
      {{- with .root.Values.image.pullSecrets }}
      imagePullSecrets: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .root.Values.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .root.Values.tolerations }}
      tolerations: {{- toYaml . | nindent 8 }}
      {{- end }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- include "argosy.labels" . | nindent 14 }}
      containers:
        - name: {{ .name }}
          image: "{{ .root.Values.image.repository }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}"
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          args: [run, {{ .name }}]
          env:
            - {name: ARGOSY_REDIS_URL, value: {{ include "argosy.redisUrl" .root | quote }}}
            - {name: ARGOSY_KEYS_FILE, value: /keys/keys.json}
            - {name: ARGOSY_DATA_DIR, value: /var/lib/argosy}
            - {name: ARGOSY_NAMESPACE, value: {{ .root.Release.Namespace | quote }}}
            - {name: ARGOSY_TAKE_OVER, value: {{ ternary "1" "0" .root.Values.takeOver | quote }}}
            - {name: ARGOSY_LOG_LEVEL, value: {{ .root.Values.logLevel | quote }}}
            - {name: ARGOSY_FLOWER, value: {{ ternary "1" "0" .root.Values.flower.enabled | quote }}}
            - {name: ARGOSY_SLOTS, value: {{ .settings.slots | default 0 | quote }}}
            {{- if .port }}
            - {name: ARGOSY_HOST, value: "0.0.0.0"}
            - {name: ARGOSY_PORT, value: {{ .port | quote }}}
            {{- end }}
          {{- if .port }}
          ports:
            - {name: http, containerPort: {{ .port }}}
          {{- end }}
          {{- if eq .name "api" }}
          readinessProbe: {httpGet: {path: /healthz, port: http}, periodSeconds: 5}
          livenessProbe: {httpGet: {path: /healthz, port: http}, periodSeconds: 10, failureThreshold: 6}
          {{- else if eq .name "flower" }}
          readinessProbe: {tcpSocket: {port: http}, periodSeconds: 5}
          {{- else }}
          readinessProbe: {exec: {command: [cat, /var/lib/argosy/run/{{ .name }}.ready]}, periodSeconds: 5}
          {{- end }}
          resources: {{- toYaml .settings.resources | nindent 12 }}
          securityContext: {{- include "argosy.containerSecurity" . | nindent 12 }}
          volumeMounts:
            - {name: keys, mountPath: /keys, readOnly: true}
            - {name: state, mountPath: /var/lib/argosy}
            - {name: tmp, mountPath: /tmp}
      volumes:
        - name: keys
          secret: {secretName: {{ include "argosy.keysSecret" . }}, defaultMode: 0440}
        - name: state
          emptyDir: {sizeLimit: {{ ternary .root.Values.mirrors.sizeLimit "64Mi" (eq .name "fetch") }}}
        - name: tmp
          emptyDir: {sizeLimit: 1Gi}
{{- if gt (int .settings.replicas) 1 }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: argosy-{{ .name }}
  labels: {{- include "argosy.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{- include "argosy.labels" . | nindent 6 }}
{{- end }}
{{- end }}
