locals {
  # One line of alarms, then a line for each alarm; a line holds the regions side by side, four at most.
  width   = max(6, floor(24 / length(var.regions)))
  columns = floor(24 / local.width)
  rows    = ceil(length(var.regions) / local.columns)
  shown   = sort(distinct(concat(keys(local.metrics), local.lags, ["api-errors"], local.expects_requests ? ["no-requests"] : [])))

  # Each region has one for every other: those of all regions.
  lags = [for region in var.regions : "table-lag-${region}" if var.replication == "global"]

  overview = [
    for number, region in var.regions : {
      type   = "alarm"
      x      = local.width * (number % local.columns)
      y      = 4 * floor(number / local.columns)
      width  = local.width
      height = 4
      properties = {
        title  = region
        alarms = [for alarm in concat(["region"], local.shown) : "${local.alarm_arns[region]}-${alarm}" if alarm != "table-lag-${region}"]
      }
    }
  ]
  graphs = flatten([
    for line, alarm in local.shown : [
      for number, region in var.regions : {
        type   = "metric"
        x      = local.width * (number % local.columns)
        y      = 4 * local.rows + 5 * (line * local.rows + floor(number / local.columns))
        width  = local.width
        height = 5
        properties = {
          title       = "${alarm} in ${region}"
          region      = region
          view        = "timeSeries"
          stacked     = false
          annotations = { alarms = ["${local.alarm_arns[region]}-${alarm}"] }
        }
      } if alarm != "table-lag-${region}"
    ]
  ])
  alarm_arns = {
    for region in var.regions : region => "arn:${local.partition}:cloudwatch:${region}:${local.account_id}:alarm:${var.name}"
  }
}

resource "aws_cloudwatch_dashboard" "environment" {
  for_each = toset(local.is_primary ? ["${var.name}-alarms"] : [])

  dashboard_name = each.key
  dashboard_body = jsonencode({ widgets = concat(local.overview, local.graphs) })
}
